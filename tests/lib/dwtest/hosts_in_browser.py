# SPDX-License-Identifier: ISC
"""Two hosts and one session, as a person sees them in a browser: one way in, one way out, and no way back in by Back."""

from .browsing import cookies, expect_outside, go_back, remember_cookies
from .check import equal, expect
from .hosts import COOKIE, Hosts  # noqa: F401


def where(window):
    return window.evaluate("location.origin + location.pathname + location.search")


def sign_in(site, window, address, name="alice"):
    window.go(address)
    equal(window.evaluate("location.origin + location.pathname"), f"{site.sso}/auth/login")
    window.type_in(username=name, password=site.passwords[name])
    equal(where(window), address)
    expect(f"REMOTE_USER={name}" in window.text, window.text)
    remember_cookies(site, window)


def sign_out_of_application(window):
    window.press("form[action$=logout] button")
    equal(window.evaluate("document.querySelector('h1').innerText"), "You have signed out")


def test_one_sign_in(site):
    """The browser follows the answer of the form to another host, which the page's policy has to allow, and both hosts know the person."""
    window = site.browser()
    sign_in(site, window, f"{site.app}/app/?a=b")
    for address in (f"{site.sso}/app/", f"{site.app}/app/"):
        window.go(address)
        expect("REMOTE_USER=alice" in window.text, window.text)
    window.go(f"{site.foreign}/auth/check?redirect=1")
    equal(COOKIE in cookies(window), True, "the cookie is the domain's")
    window.close()


def test_sign_out_at_either(site):
    for at in (site.app, site.sso):
        window = site.browser()
        sign_in(site, window, f"{site.app}/app/")
        window.go(f"{at}/app/")
        sign_out_of_application(window)
        equal(COOKIE in cookies(window), False, "the cookie is still there")
        for origin in (site.app, site.sso):
            window.go(f"{origin}/app/")
            equal(window.path, "/auth/login", f"{origin} after signing out at {at}")
        window.close()


def test_back_after_signing_out_elsewhere(site):
    """The pages of one host, as the browser keeps them, when the person signs out at the other."""
    for attempt in range(2):
        for here, there in ((site.app, site.sso), (site.sso, site.app)):
            window = site.browser()
            sign_in(site, window, f"{here}/app/")
            window.go(f"{there}/auth/logout?next={here}/app/")
            equal(window.evaluate("document.querySelector('h1').innerText"), "Sign out?")
            sign_out_of_application(window)
            go_back(window, f"Back to the question, attempt {attempt}")
            window.evaluate("window.left = true")
            window.back()
            window.wait_for("window.left === undefined", "Back to the application")
            expect_outside(window, f"Back from {there} to {here}, attempt {attempt}")
            window.close()


def test_back_after_straight_sign_out(site):
    for origin in (site.app, site.sso):
        window = site.browser()
        sign_in(site, window, f"{origin}/app/")
        sign_out_of_application(window)
        go_back(window, f"Back to {origin}")
        window.close()


def test_forms_across_hosts(site):
    """A page of a listed host may sign out at the other; one of a host that is not listed may not."""
    form = "document.body.innerHTML = '<form method=post action=\"{}/auth/logout\"><button>x</button></form>'"
    window = site.browser()
    sign_in(site, window, f"{site.app}/app/")
    window.go(f"{site.foreign}/")
    window.evaluate(form.format(site.sso))
    window.press("form button")
    expect("signed out" not in window.text, window.text)
    window.go(f"{site.app}/app/")
    expect("REMOTE_USER=alice" in window.text, window.text)
    window.evaluate(form.format(site.sso))
    window.press("form button")
    equal(window.evaluate("document.querySelector('h1').innerText"), "You have signed out")
    window.go(f"{site.app}/app/")
    equal(window.path, "/auth/login")
    window.close()


def test_way_back_only_to_listed(site):
    for address, leads in ((f"{site.app}/app/?x", f"{site.app}/app/?x"), (f"{site.sso}/app/?y", f"{site.sso}/app/?y"), (f"{site.foreign}/app/", f"{site.sso}/"),
                           ("https://evil.example/", f"{site.sso}/"), (f"{site.app}@evil.example/", f"{site.sso}/")):
        window = site.browser()
        window.go(f"{site.sso}/auth/login?next={address}")
        window.type_in(username="alice", password=site.passwords["alice"])
        equal(where(window), leads, address)
        remember_cookies(site, window)
        window.close()
