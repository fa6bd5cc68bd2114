"""Biometric templates: a long run of base64 or hexadecimal, a list of numbers, or an image, beside the word for it."""

import re

from consent.pii.model import Context, Rule

WORDS = re.compile(
    r"biometric|face[ _-]?(?:id|template|print|feature|embedding|vector|image)|faceid|voice[ _-]?print|iris|retina|fingerprint|palm[ _-]?print"
    r"|人脸|指纹|声纹|虹膜|掌纹|面部特征|生物特征",
    re.I,
)
RULE = Rule(
    "biometric", "biometric",
    r"(?i)biometric|face[ _-]?(?:id|template|print|feature|embedding|vector|image)|voice[ _-]?print|iris|retina|fingerprint|palm[ _-]?print"
    r"|人脸|指纹|声纹|虹膜|掌纹|面部特征|生物特征",
    re.compile(
        r"(?<![A-Za-z0-9+/_-])(?P<v>data:image/[a-z+]{2,10};base64,[A-Za-z0-9+/=]{16,40000}|[A-Za-z0-9+/_-]{32,40000}={0,2}"
        r"|\[?(?:-?\d{1,3}\.\d{2,12}[, ]{1,2}){7,600}-?\d{1,3}\.\d{2,12}\]?)", re.A),
    bool, Context(needs=WORDS, before=48, after=0), by_word=True,
)  # fmt: skip
