"""Apps that show web pages inside themselves, and HarmonyOS: what the public regexes do not tell apart.

In China most visits come from inside an app. The uap-core regexes know WeChat on iOS but call it Chrome WebView on
Android, do not know mini-programs, WeCom, Alipay or DingTalk at all, and call HarmonyOS Android or nothing. These
tables say it, in the form `ua_parser_rs` takes; the first row that matches wins, so the narrower one stands first.
The Rust regexes have no look-around. A version is a group of its own, and only dotted numbers count as one.
"""

from typing import Final, Literal

Flag = Literal["i"] | None
AppRow = tuple[str, Flag, str, str, str | None]
DeviceRow = tuple[str, Flag, str, str | None, str | None]
OsRow = tuple[str, str, str | None, str | None, str | None, str | None]

# regex · flags · value of in_app · value of browser · version of browser
APPS: Final[tuple[AppRow, ...]] = (
    (r"\bwxwork/([\d.]+)", "i", "WeCom", "WeCom", "$1"),
    (r"MicroMessenger/([\d.]+).*miniProgram", "i", "WeChat MiniProgram", "WeChat", "$1"),
    (r"miniProgram.*MicroMessenger/([\d.]+)", "i", "WeChat MiniProgram", "WeChat", "$1"),
    (r"MicroMessenger/([\d.]+)", None, "WeChat", "WeChat", "$1"),
    (r"AlipayClient/([\d.]+).*MiniProgram", "i", "Alipay MiniProgram", "Alipay", "$1"),
    (r"MiniProgram.*AlipayClient/([\d.]+)", "i", "Alipay MiniProgram", "Alipay", "$1"),
    (r"AlipayClient/([\d.]+)", "i", "Alipay", "Alipay", "$1"),
    (r"DingTalk[/(]([\d.]+)", None, "DingTalk", "DingTalk", "$1"),
    (r"\baweme(?:_lite)?(?:[_/](\d+(?:\.\d+)+))?", None, "Douyin", "Douyin", "$1"),
    (r"\bQQ/([\d.]+)", None, "QQ", "QQ", "$1"),
    (r"__weibo__([\d.]+)", None, "Weibo", "Weibo", "$1"),
    (r"\b(?:xhsdiscover|xiaohongshu)(?:/([\d.]+))?", "i", "Xiaohongshu", "Xiaohongshu", "$1"),
    (r"\bbaiduboxapp/([\d.]+)", None, "Baidu", "Baidu", "$1"),
)

# regex · family · major · minor · patch · patch minor.  NEXT has no Android inside and says OpenHarmony.
SYSTEMS: Final[tuple[OsRow, ...]] = (
    (r"OpenHarmony (\d+)(?:\.(\d+))?", "HarmonyOS NEXT", "$1", "$2", None, None),
    (r"\bHarmonyOS(?:[ /](\d+)(?:\.(\d+))?)?", "HarmonyOS", "$1", "$2", None, None),
)

# The web view of HarmonyOS NEXT; Huawei's own browser names itself behind it
BROWSERS: Final[tuple[AppRow, ...]] = (
    (r"HuaweiBrowser/([\d.]+)", None, "", "Huawei Browser", "$1"),
    (r"ArkWeb/([\d.]+)", None, "", "ArkWeb", "$1"),
)

# regex · flags · device_type · brand · model, on HarmonyOS of either kind only
HARMONY_DEVICES: Final[tuple[DeviceRow, ...]] = (
    (r"\((?:Phone|Mobile)[;)]", None, "mobile", None, None),
    (r"\(Tablet[;)]", None, "tablet", None, None),
    (r"\((?:PC|2in1)[;)]", None, "desktop", None, None),
    (r"HarmonyOS; ([A-Z]{2,5}-[A-Z]{1,3}\d{2}[A-Z]?)\b.*Mobile", None, "mobile", "Huawei", "$1"),
    (r"HarmonyOS; ([A-Z]{2,5}-[A-Z]{1,3}\d{2}[A-Z]?)\b", None, "tablet", "Huawei", "$1"),
    (r"Mobile", None, "mobile", None, None),
)
