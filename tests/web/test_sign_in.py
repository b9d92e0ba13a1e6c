"""Signing in and out through the pages."""



from loanfund.domain.permission import Role
from tests.site import Site

OTHER = "năm con mèo nằm trên mái"


def cookies(response: object) -> dict[str, str]:
    lines = response.headers.getlist("Set-Cookie")  # type: ignore[attr-defined]
    return {line.partition("=")[0]: line.partition("=")[2] for line in lines}


def test_the_sign_in_page_is_vietnamese_until_somebody_chooses(site: Site) -> None:
    page = site.stranger().get("/sign-in").text

    assert '<html lang="vi">' in page
    assert "Đăng nhập" in page


def test_whoever_signs_in_comes_where_they_were_going(site: Site) -> None:
    browser = site.sign_in(Role.OFFICER)
    browser.post("/sign-out")

    away = site.stranger().get("/password?x=1")
    back = site.stranger().enter("officer@quy.example.vn", next="/password?x=1")

    assert away.headers["Location"] == "/sign-in?next=/password?x%3D1"
    assert back.headers["Location"] == "/password?x=1"
    assert browser.get("/password").status_code == 302
