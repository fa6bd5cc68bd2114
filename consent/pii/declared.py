"""Fields that say by their name that they hold PII, wherever they stand in an event, in English and Chinese.

A name is compared after dropping case, `_`, `-`, `.`, blanks, and is matched whole or by its last words
(`billingEmail`, `customer_phone`). A declared value is taken as what its name says, whatever it looks like; detection (`rules/`) is for
everything else. What becomes of it is the class's action (`model.CLASSES`) unless the source says otherwise.
"""

import re
from functools import lru_cache

_BY_CLASS = {
    "email": "email emailaddress mail useremail 邮箱 电子邮箱 邮件地址",
    "phone": "phone phonenumber mobile mobilephone tel telephone cellphone msisdn whatsapp 手机 手机号 手机号码 电话 联系电话 电话号码",
    "id": "idcard idnumber idno nationalid taxid idcardno identitycard citizenid 身份证 身份证号 身份证号码 证件号 证件号码",
    "ssn": "ssn socialsecurity socialsecuritynumber itin",
    "passport": "passport passportnumber passportno 护照 护照号 护照号码",
    "permit": "hkid travelpermit residencepermit 通行证 回乡证 台胞证 居住证",
    "openid": "openid unionid",
    "plate": "licenseplate licenceplate platenumber plateno carplate numberplate 车牌 车牌号 车牌号码",
    "device": "imei meid idfa idfv oaid gaid aaid androidid macaddress 设备号",
    "card": "cardnumber creditcard bankcard cardno creditcardnumber debitcard pan 卡号 银行卡 银行卡号 信用卡号",
    "bank": "iban bankaccount accountnumber bankaccountnumber accountno routingnumber sortcode 银行账号 银行账户 账号 开户行",
    "secret": "password passwd pwd secret token accesstoken refreshtoken apikey authorization cookie cvv cvc clientsecret "
    "privatekey otp pin verificationcode 密码 口令 验证码",
    "ip": "ip ipaddress clientip remoteaddr",
    "name": "firstname lastname fullname realname givenname familyname surname middlename maidenname 姓名 真实姓名 收货人 收件人",
    "address": "streetaddress homeaddress deliveryaddress mailingaddress addressline1 addressline2 street1 street2 "
    "住址 家庭住址 收货地址 详细地址",
    "birthday": "birthday birthdate dateofbirth dob birth age 生日 出生日期 年龄",
    "health": "medicalrecord medicalrecordnumber mrn patientid healthrecord healthcard healthinsurancenumber diagnosis bloodtype "
    "病历 病历号 住院号 医保号 诊断 血型",
    "biometric": "biometric biometrics faceid facetemplate faceprint faceembedding facevector fingerprint fingerprinttemplate voiceprint "
    "iris 人脸 指纹 声纹 虹膜",
}  # fmt: skip
DECLARED = {name: cls for cls, names in _BY_CLASS.items() for name in names.split()}
# Addresses of pages inside an object: Segment's page calls carry them beside the context
ADDRESSES = frozenset({"url", "href", "pageurl", "referrer", "referer", "search"})

# Objects that describe a person: below them `name` and `address`, harmless for a product or a page, are PII too
PERSONS = frozenset({"traits", "user", "customer", "person", "contact", "recipient", "shipping", "billing",
                     "shippingaddress", "billingaddress", "buyer", "patient", "passenger", "member"})  # fmt: skip
OF_A_PERSON = {
    "name": "name", "username": "name", "nickname": "name", "avatar": "name", "昵称": "name", "address": "address",
    "postalcode": "address", "zip": "address", "zipcode": "address", "street": "address", "地址": "address",
}  # fmt: skip

# Matched at the end of a longer name too: `workEmail`, `emergency_phone_number`
SUFFIXES = tuple(
    name for name, cls in DECLARED.items()
    if len(name) >= 5 and name.isascii() and (cls in ("email", "phone", "id", "ssn", "passport", "openid") or name in (
        "password", "firstname", "lastname", "fullname", "birthday", "birthdate", "dateofbirth", "cardnumber", "ipaddress",
        "licenseplate", "platenumber", "medicalrecordnumber", "bankaccount", "streetaddress"))
)  # fmt: skip
MAX_CACHED_CHARS = 128  # clients write these names: a longer one would make the cache large
_NOISE = re.compile(r"[_\-.\s]+")


def plain_name(name: str) -> str:
    """The spelling under which a name is looked up."""
    # Not casefold: "ß" would become "ss", which the look over the bytes cannot see
    return _NOISE.sub("", name).lower()


def declared_class(name: str, person: bool = False) -> str | None:
    """The class of what stands under `name`, `url` for an address to cut, None for a name that declares nothing.

    `person`: the name stands below an object that describes a person.
    """
    look_up = _declared if len(name) <= MAX_CACHED_CHARS else _declared.__wrapped__
    return look_up(name, person)


@lru_cache(8192)
def _declared(name: str, person: bool) -> str | None:
    key = plain_name(name)
    if key in DECLARED:
        return DECLARED[key]
    if key in ADDRESSES:
        return "url"
    for suffix in SUFFIXES:
        if key.endswith(suffix):
            return DECLARED[suffix]
    return OF_A_PERSON.get(key) if person else None


@lru_cache(8192)
def describes_person(name: str) -> bool:
    """Whether an object under this name is about a person."""
    return plain_name(name) in PERSONS
