"""A report's page in a headless browser: opening it, and reading what it shows."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--window-size=1280,2400",
)  # fmt: skip
READY = """
const done = arguments[0];
const look = () => {
  const [mark] = performance.getEntriesByName("answers ready");
  if (mark && document.querySelector("#item-body .round")) done(mark.startTime);
  else setTimeout(look, 10);
};
look();
"""


@contextmanager
def headless_browser(profile: Path) -> Iterator[Any]:
    """Chromium on a light desktop, with a profile of its own, that logs all it does."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("chromium and chromedriver are not both on PATH")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    opened = webdriver.Chrome(options=options, service=Service(driver))
    try:
        opened.set_script_timeout(120)
        prefer(opened, "light")
        yield opened
    finally:
        opened.quit()


def prefer(browser: Any, scheme: str) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)


def open_page(browser: Any, path: Path, fragment: str = "") -> float:
    """Open a report; milliseconds until its answers could be read."""
    browser.get("about:blank")
    for log in ("browser", "performance"):
        browser.get_log(log)
    browser.get(path.as_uri() + fragment)
    return float(browser.execute_async_script(READY))


def find(browser: Any, selector: str) -> Any:
    return browser.find_element("css selector", selector)


def texts(browser: Any, selector: str) -> list[str]:
    script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)"
    found: list[str] = browser.execute_script(script, selector)
    return found


def wait_for(browser: Any, met: Callable[[], bool]) -> None:
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(browser, 20, poll_frequency=0.05).until(lambda _: met())


def wait_for_item(browser: Any, number: int) -> None:
    wait_for(browser, lambda: texts(browser, "#item-title") == [f"Item {number}"])


def press(browser: Any, keys: str) -> None:
    from selenium.webdriver import ActionChains

    ActionChains(browser).send_keys(keys).perform()
