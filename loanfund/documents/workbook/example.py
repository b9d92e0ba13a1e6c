"""An example row of each sheet, as the template shows it; reading leaves such rows out.

The code of its first column is no code that anything may have, so no row of a fund is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from loanfund.documents.workbook.cell import folded
from loanfund.documents.workbook.grid import Cell, CellKind
from loanfund.documents.workbook.layout import Layout
from loanfund.domain.book import Sheet

MARK = "VÍ DỤ"
Value = str | int | float | date

_A_LOAN = "01/2024/HĐTD"
EXAMPLES: Mapping[Sheet, Mapping[str, Value]] = {
    Sheet.SOURCE: {
        "Tên nguồn vốn": "Quỹ hỗ trợ phát triển HTX",
        "Quỹ chịu rủi ro": "Có",
        "Cách tính quá hạn": "Cả khoản nợ",
        "Bộ quy tắc phân loại nợ": "TCVM",
    },
    Sheet.MOVEMENT: {
        "Ngày": date(2024, 1, 2),
        "Số tiền": 5_000_000_000,
        "Bên góp": "Ngân sách tỉnh",
        "Diễn giải": "Vốn điều lệ; rút vốn thì ghi số âm",
    },
    Sheet.BORROWER: {
        "Tên": "HTX Đồng Tâm",
        "Loại": "HTX",
        "Mã số thuế": "2400123456",
        "Người đại diện": "Nguyễn Văn An",
        "Điện thoại": "0204 3000 100",
        "Huyện": "Lạng Giang",
        "Lĩnh vực": "Trồng trọt",
    },
    Sheet.CONTRACT: {
        "Mã KH": "KH001",
        "Mã nguồn": "QHT",
        "Ngày ký": date(2024, 3, 1),
        "Số tiền duyệt": 300_000_000,
        "Lãi suất %/năm": 6.6,
        "Thời hạn (tháng)": 24,
        "Cách trả gốc": "Gốc đều",
        "Lãi quá hạn (% lãi trong hạn)": 150,
        "Mục đích": "Mua máy cày",
        "Lao động": 12,
    },
    Sheet.PLAN: {"Ngày đến hạn": date(2025, 3, 1), "Số tiền gốc": 150_000_000},
    Sheet.DISBURSEMENT: {
        "Số khế ước": "KU001",
        "Ngày": date(2024, 3, 5),
        "Số tiền": 300_000_000,
    },
    Sheet.RECEIPT: {
        "Số hợp đồng": _A_LOAN,
        "Ngày": date(2024, 4, 5),
        "Số tiền": 1_650_000,
        "Hình thức": "Tiền mặt",
        "Diễn giải": "Thu lãi; gốc và lãi để trống thì tính theo thứ tự thu nợ",
    },
    Sheet.RESCHEDULE: {
        "Ngày": date(2025, 4, 28),
        "Hình thức": "Gia hạn",
        "Số quyết định": "40/QĐ",
        "Giữ nhóm nợ": "Không",
    },
    Sheet.RESCHEDULE_PLAN: {
        "Ngày cơ cấu": date(2025, 4, 28),
        "Ngày đến hạn": date(2026, 9, 1),
        "Số tiền gốc": 150_000_000,
    },
}


def example_of(layout: Layout) -> dict[str, Value]:
    """Give the example row of a sheet by its headings, the mark first."""
    return {layout.columns[0].heading: MARK, **EXAMPLES[layout.sheet]}


def is_example(code: Cell | None) -> bool:
    """Tell whether a row is an example, by what stands in its first column."""
    if code is None or code.kind is not CellKind.TEXT:
        return False
    return folded(str(code.value)) == folded(MARK)
