"""The words that columns of a workbook choose from, and what each of them means."""

from __future__ import annotations

from loanfund.domain.book import BorrowerKind
from loanfund.domain.calendar import DayCount
from loanfund.domain.event import PaymentMethod, RescheduleKind
from loanfund.domain.setting import OverdueMethod
from loanfund.domain.terms import (
    DebtRuleSet,
    Prepayment,
    RepaymentMethod,
    Surplus,
    WorkingDayRule,
)

YES_OR_NO = {"Có": True, "Không": False}
OVERDUE_METHODS = {
    "Cả khoản nợ": OverdueMethod.WHOLE_DEBT,
    "Phần chuyển quá hạn": OverdueMethod.TRANSFERRED_PART,
}
DEBT_RULE_SETS = {"TCVM": DebtRuleSet.MFI, "TCTD": DebtRuleSet.BANK}
BORROWER_KINDS = {
    "HTX": BorrowerKind.COOPERATIVE,
    "Liên hiệp HTX": BorrowerKind.COOPERATIVE_UNION,
    "Tổ hợp tác": BorrowerKind.COOPERATIVE_GROUP,
    "Thành viên HTX": BorrowerKind.MEMBER,
}
REPAYMENT_METHODS = {
    "Gốc cuối kỳ": RepaymentMethod.PRINCIPAL_AT_MATURITY,
    "Gốc đều": RepaymentMethod.EQUAL_PRINCIPAL,
    "Trả góp đều": RepaymentMethod.ANNUITY,
    "Theo thỏa thuận": RepaymentMethod.CUSTOM,
}
METHODS_IN_SHORT = {"Cuối kỳ": RepaymentMethod.PRINCIPAL_AT_MATURITY}
PAYMENT_METHODS = {"Tiền mặt": PaymentMethod.CASH, "Chuyển khoản": PaymentMethod.BANK}
DAY_COUNTS = {
    "Thực tế/365": DayCount.ACTUAL_365,
    "Thực tế/360": DayCount.ACTUAL_360,
    "Thực tế/thực tế": DayCount.ACTUAL_ACTUAL,
    "30E/360": DayCount.THIRTY_E_360,
}
WORKING_DAY_RULES = {
    "Giữ nguyên": WorkingDayRule.NONE,
    "Ngày làm việc kế tiếp": WorkingDayRule.FOLLOWING,
}
PREPAYMENTS = {
    "Kỳ gần nhất trước": Prepayment.NEXT_FIRST,
    "Kỳ cuối trước": Prepayment.LAST_FIRST,
}
SURPLUSES = {"Giữ lại": Surplus.CREDIT, "Trả bớt gốc": Surplus.PRINCIPAL}
RESCHEDULE_KINDS = {"Điều chỉnh": RescheduleKind.ADJUST, "Gia hạn": RescheduleKind.EXTEND}
