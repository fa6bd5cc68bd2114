"""Health: numbers of medical records and insurance beside the word for them, and a diagnosis that a text states."""

import re

from consent.pii.model import Rule

_RECORD = (
    r"病历号|病案号|住院号|门诊号|就诊卡号?|医保卡?号|社保卡?号|健康卡号|检查号|medical record(?: number| no\.?)?|\bmrn\b|patient (?:id|no\.?|number)"
    r"|health (?:card|insurance)(?: number| no\.?| id)?|\bnhs (?:number|no\.?)|medicare(?: number| no\.?)?"
)
RECORD = Rule(
    "medical_record", "health", rf"(?i){_RECORD}",
    re.compile(rf"(?i)(?:{_RECORD})[ \t]{{0,3}}(?:is|是|为)?[ \t]{{0,3}}[:：=#]?[ \t]{{0,3}}(?P<v>[A-Za-z]{{0,4}}[ -]?\d(?:[A-Za-z0-9]|[ -](?=\d)){{3,20}})", re.A),
)  # fmt: skip
_STATED = r"确诊(?:为|患)?|诊断(?:为|结果|是)?[:：]?|患有|病史[:：]|diagnosed with|diagnosis[:=]|suffers? from|tested positive for|treated for"
DIAGNOSIS = Rule(
    "diagnosis", "health", rf"(?i){_STATED}",
    re.compile(rf"(?i)(?:{_STATED})[ \t]{{0,3}}(?P<v>[A-Za-z\u4e00-\u9fff0-9][A-Za-z\u4e00-\u9fff0-9 '-]{{1,39}})", re.A),
)  # fmt: skip
