"""Names of fields that say by themselves that they hold somebody's data.

The same words as the collector's (`consent/pii/declared.py`, where they stand by class) and the web SDK's
(`sdk-js/src/pii/declared.ts`); a test compares them.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DECLARED = _words(
    "email emailaddress mail useremail 邮箱 电子邮箱 邮件地址 "
    "phone phonenumber mobile mobilephone tel telephone cellphone msisdn whatsapp 手机 手机号 手机号码 电话 联系电话 电话号码 "
    "idcard idnumber idno nationalid taxid idcardno identitycard citizenid 身份证 身份证号 身份证号码 证件号 证件号码 "
    "ssn socialsecurity socialsecuritynumber itin passport passportnumber passportno 护照 护照号 护照号码 "
    "hkid travelpermit residencepermit 通行证 回乡证 台胞证 居住证 openid unionid "
    "licenseplate licenceplate platenumber plateno carplate numberplate 车牌 车牌号 车牌号码 "
    "imei meid idfa idfv oaid gaid aaid androidid macaddress 设备号 "
    "cardnumber creditcard bankcard cardno creditcardnumber debitcard pan 卡号 银行卡 银行卡号 信用卡号 "
    "iban bankaccount accountnumber bankaccountnumber accountno routingnumber sortcode 银行账号 银行账户 账号 开户行 "
    "password passwd pwd secret token accesstoken refreshtoken apikey authorization cookie cvv cvc clientsecret "
    "privatekey otp pin verificationcode 密码 口令 验证码 ip ipaddress clientip remoteaddr "
    "firstname lastname fullname realname givenname familyname surname middlename maidenname 姓名 真实姓名 收货人 收件人 "
    "streetaddress homeaddress deliveryaddress mailingaddress addressline1 addressline2 street1 street2 "
    "住址 家庭住址 收货地址 详细地址 birthday birthdate dateofbirth dob birth age 生日 出生日期 年龄 "
    "medicalrecord medicalrecordnumber mrn patientid healthrecord healthcard healthinsurancenumber diagnosis bloodtype "
    "病历 病历号 住院号 医保号 诊断 血型 biometric biometrics faceid facetemplate faceprint faceembedding facevector "
    "fingerprint fingerprinttemplate voiceprint iris 人脸 指纹 声纹 虹膜"
)
# Objects about a person: below them `name` and `address`, harmless for a product, are somebody's
PERSONS = _words(
    "traits user customer person contact recipient shipping billing shippingaddress billingaddress buyer patient passenger member"
)
OF_A_PERSON = _words("name username nickname avatar 昵称 address postalcode zip zipcode street 地址")
# Matched at the end of a longer name too: `workEmail`, `emergency_phone_number`
_SUFFIX = re.compile(
    r"(email(address)?|phone(number)?|mobilephone|telephone|msisdn|whatsapp|idcard(no)?|idnumber|nationalid|taxid|identitycard|citizenid|socialsecurity(number)?|passport(number|no)?|openid|unionid|password|(first|last|full)name|birthda(y|te)|dateofbirth|cardnumber|ipaddress|licenseplate|platenumber|medicalrecordnumber|bankaccount|streetaddress|mobile)\Z"
)
_NOISE = re.compile(r"[_\-.\s]+")


def plain_name(name: str) -> str:
    """The spelling under which a name is looked up: without case, `_`, `-`, `.` and blanks."""
    return _NOISE.sub("", name).lower()


def is_declared(name: str) -> bool:
    """Does this name say, wherever it stands, that what stands under it is somebody's?"""
    plain = plain_name(name)
    return plain in DECLARED or _SUFFIX.search(plain) is not None


def is_of_a_person(name: str) -> bool:
    """Does it say so below an object about a person?"""
    return plain_name(name) in OF_A_PERSON


def is_person(name: str) -> bool:
    """Is an object under this name about a person?"""
    return plain_name(name) in PERSONS
