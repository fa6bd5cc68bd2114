"""Texts with one personal value each, as forms, links, chats, orders and logs have them."""

from collections.abc import Callable, Iterator
from random import Random
from urllib.parse import quote

from tests.consent.pii.corpus import Item
from tests.consent.pii.corpus import values as v

Maker = Callable[[Random], str]

# class → values, sentences around them (`{}`), names of fields under which the bare value stands
KINDS: tuple[tuple[str, Maker, tuple[str, ...], tuple[str, ...]], ...] = (
    ("email", v.email, ("{}", "mail me at {} please", "contact: {}", "我的邮箱是{}，谢谢", "From: <{}>", "{} 下单失败", "error: user {} not found",
                        "https://shop.example/?ref=mail&to=Q{}", "?email=Q{}&x=1", "to=QQ{}", '{{"q": "{}"}}', "发到{}吧"), ("query", "field_7")),
    ("phone", v.phone, ("call me: {}", "手机{}", "电话：{}，下午在家", "联系电话 {}", "my phone is {}", "WhatsApp {} any time", "tel: {}", "请致电{}",
                        "收货人手机号 {}", "加我微信 {}", "短信发到{}", "打不通就换 {}", "{}这个号一直通"), ("contact", "buyer_phone_2", "联系方式")),
    ("id", v.cn_id, ("{}", "身份证{}", "身份证号：{}，请核对", "ID {}", "证件 {} 已过期", "实名认证 {} 失败", "id=Q{}", "my id number is {}."), ("value", "input_3")),
    ("ssn", v.ssn, ("SSN {}", "my social security number is {}", "{}", "ssn: {} on file", "taxpayer {}"), ("answer",)),
    ("card", v.card, ("card {}", "卡号 {}", "pay with {} please", "银行卡：{}", "my visa is {}", "{} 支付失败 银联", "{} expires 12/28"), ("payment_ref", "card_2", "付款账户")),
    ("bank", v.iban, ("{}", "IBAN {}", "please transfer to {} today", "account: {}", "refund to {}"), ("value", "input")),
    ("bank", lambda r: v.digits(r, r.choice((12, 16, 17, 19)), "123456789"), ("账号：{}", "银行账号{}", "对公账户 {}", "打款到 {} 即可", "account number {}", "acct {}", "开户行招商银行 账号 {}"), ()),
    ("passport", v.passport, ("passport {}", "护照号 {}", "护照：{}", "my passport number is {}", "travel document {}"), ("passport_scan",)),
    ("permit", v.hkid, ("{}", "HKID {}", "香港身份证 {}", "permit {}"), ("value",)),
    ("permit", v.taiwan_id, ("台湾身份证 {}", "身份證字號 {}", "统一编号 {}"), ()),
    ("permit", lambda r: r.choice("HM") + v.digits(r, 8), ("港澳通行证 {}", "回乡证：{}", "来往内地通行证{}"), ()),
    ("plate", v.plate, ("{}", "车牌{}", "车牌号：{}", "停在门口的{}请挪车", "plate {}", "我的车是 {}", "{} 已入场"), ("value", "car")),
    ("name", v.zh_name, ("姓名：{}", "收货人：{}，电话稍后给", "我叫{}", "联系人 {}", "收件人:{}", "持卡人{}", "患者：{} 女", "{}已签收", "转给{}吧", "本人{}，住在上海"), ()),
    ("name", v.en_name, ("my name is {}", "Name: {}", "Dear {},", "Mr. {}", "ship to {}", "Cardholder: {}", "signed by {}", "Regards, {}", "{} called again", "Contact: {}"), ()),
    ("address", v.zh_address, ("{}", "地址：{}", "送到{}谢谢", "收货地址 {}", "我住在{}", "家住{}，晚上在"), ("value", "备注")),
    ("address", v.en_address, ("{}", "ship to {} please", "I live at {}", "parcel for {} returned", "Address: {}", "deliver: {}"), ("value",)),
    ("birthday", v.birthday, ("生日：{}", "出生日期 {}", "born on {}", "date of birth: {}", "DOB {}", "生于{}", "turned one on {}", "my birthday is {}"), ()),
    ("birthday", lambda r: str(r.randrange(18, 90)), ("今年{}岁", "我{}岁了", "I am {} years old", "年龄：{}", "aged {}"), ()),
    ("health", lambda r: v.digits(r, r.randrange(7, 12), "123456789"), ("病历号：{}", "住院号 {}", "MRN {}", "medical record number {}", "医保卡号{}", "NHS number {}", "patient id: {}"), ()),
    ("health", lambda r: r.choice(("type 2 diabetes", "hypertension", "asthma", "major depression", "hepatitis B")), ("diagnosed with {}", "Diagnosis: {}", "suffers from {}"), ()),
    ("health", lambda r: r.choice(("糖尿病", "高血压", "抑郁症", "乙肝", "哮喘")), ("确诊{}", "诊断：{}", "患有{}"), ()),
    ("biometric", v.template, ("face_template={}", "指纹：{}", "人脸特征 {}", "voiceprint {}", "fingerprint: {}"), ("face_vector", "声纹数据")),
    ("ip", v.ipv4, ("{}", "from {}", "client {} refused", "来自{}的请求", "ip={}"), ("remote", "peer")),
    ("ip", v.ipv6, ("{}", "from {}", "peer {} closed"), ("remote",)),
    ("device", v.imei, ("IMEI {}", "imei: {}", "串号{}"), ("device_imei",)),
    ("device", v.mac, ("{}", "mac {}", "wifi {} joined"), ("hw", "bssid")),
    ("device", v.uuid, ("idfa={}", "oaid {}", "advertising id {}", "GAID: {}"), ("adv_idfa", "device_id_2")),
    ("openid", v.openid, ("{}", "openid={}", "unionid: {}", "用户 {} 登录"), ("wx", "from_user")),
    ("secret", v.jwt, ("{}", "Authorization: {}", "token={}", "https://shop.example/login/{}"), ("value",)),
    ("secret", v.api_key, ("{}", "key {}", "use {} for now"), ("value", "cfg")),
    ("secret", lambda r: r.choice("abcdef") + v.digits(r, 2) + "".join(r.choices("abcdefghkmn23456", k=6)), ("password: {}", "密码：{}", "my password is {}", "pwd={}"), ()),
    ("secret", lambda r: v.digits(r, 6), ("验证码 {}", "验证码是{}，勿泄露", "verification code: {}", "OTP {}"), ()),
)  # fmt: skip

_WIDE = str.maketrans("0123456789@", "０１２３４５６７８９＠")


def positives(seed: int, each: int) -> Iterator[Item]:
    """`each` items a kind of value; `{}` in a template takes the value, `Q{}` percent-encoded, `QQ{}` twice."""
    r = Random(seed)
    for cls, make, sentences, fields in KINDS:
        for _ in range(each):
            value = make(r)
            if fields and r.random() < 0.25:
                yield Item(value, r.choice(fields), cls, value)
                continue
            sentence = r.choice(sentences)
            if "QQ{}" in sentence:
                text = sentence.replace("QQ{}", quote(quote(value, safe=""), safe=""))
            elif "Q{}" in sentence:
                text = sentence.replace("Q{}", quote(value, safe=""))
            else:
                text = sentence.format(value)
                if cls in ("phone", "id", "email") and r.random() < 0.05:
                    text = text.translate(_WIDE)
            yield Item(text, "note", cls, value)
