"""Values by their documented formats, each with check digits computed from the standard's text."""

import base64
import json
from datetime import date, timedelta
from random import Random

ZH_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶"
ZH_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰涛明超霞平刚桂英华玉萍红晨曦子轩梓涵浩然欣怡诗婷宇航俊"
EN_FIRST = [
    "James",
    "Mary",
    "Robert",
    "Patricia",
    "John",
    "Jennifer",
    "Michael",
    "Linda",
    "David",
    "Susan",
    "Thomas",
    "Karen",
    "Emma",
    "Oliver",
    "Sophie",
    "Lucas",
    "Nina",
    "Hugo",
]
EN_LAST = [
    "Smith",
    "Johnson",
    "Brown",
    "Taylor",
    "Miller",
    "Wilson",
    "Moore",
    "Anderson",
    "Jackson",
    "Martin",
    "Thompson",
    "Walker",
    "Harris",
    "Becker",
    "Rossi",
    "Dubois",
]
DOMAINS = [
    "example.com",
    "example.org",
    "mail.example.net",
    "firma.example.de",
    "qq.com",
    "163.com",
    "uni.example.ac.uk",
    "shop.example.cn",
]
CITIES = ["北京市", "上海市", "广州市", "深圳市", "杭州市", "成都市", "武汉市", "南京市", "西安市", "苏州市"]
DISTRICTS = ["朝阳区", "海淀区", "浦东新区", "天河区", "南山区", "西湖区", "武侯区", "江汉区", "鼓楼区", "雁塔区"]
ROADS = ["中山路", "人民路", "建国路", "解放大道", "长安街", "科技园路", "学院路", "和平街", "幸福巷", "文三路"]
PROVINCE_CHARS = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
PLATE_CHARS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def digits(r: Random, count: int, first: str = "0123456789") -> str:
    return r.choice(first) + "".join(r.choices("0123456789", k=count - 1))


def birth(r: Random) -> date:
    return date(1945, 1, 1) + timedelta(days=r.randrange(23_000))


def luhn_digit(body: str) -> str:
    doubled = [int(c) * (2 if i % 2 == 0 else 1) for i, c in enumerate(reversed(body))]
    return str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)


def email(r: Random) -> str:
    first, last = r.choice(EN_FIRST).lower(), r.choice(EN_LAST).lower()
    local = r.choice(
        [
            f"{first}.{last}",
            f"{first}{r.randrange(99)}",
            f"{first[0]}_{last}",
            digits(r, 9, "123456789"),
            f"{last}+news",
        ]
    )
    return f"{local}@{r.choice(DOMAINS)}"


def cn_mobile(r: Random) -> str:
    return "1" + r.choice("3456789") + digits(r, 9)


def phone(r: Random) -> str:
    n = cn_mobile(r)
    apart = f"{n[:3]} {n[3:7]} {n[7:]}"
    return r.choice(
        [n, n, n, apart, apart.replace(" ", "-"), f"+86 {n}", f"+86{n}", f"+86-{apart.replace(' ', '-')}", f"0086 {n}",
         f"0{r.choice(['10', '21', '20', '755', '571'])}-{digits(r, 8, '2345678')}",
         f"+1 {digits(r, 1, '23456789')}{r.choice('02345678')}{digits(r, 1)} {digits(r, 1, '23456789')}{r.choice('02345678')}{digits(r, 1)} {digits(r, 4)}",
         f"+44 20 {digits(r, 4)} {digits(r, 4)}", f"+49 30 {digits(r, 8, '123456789')}", f"+33 6 {digits(r, 2)} {digits(r, 2)} {digits(r, 2)} {digits(r, 2)}",
         f"({r.choice('2345678')}{r.choice('02345678')}{digits(r, 1)}) {r.choice('2345678')}{r.choice('0345678')}{digits(r, 1)}-{digits(r, 4)}"]
    )  # fmt: skip


def cn_id(r: Random) -> str:
    area = r.choice(
        ["110105", "310101", "440305", "330106", "510107", "320102", "610113", "420103", "370202", "650102"]
    )
    body = area + birth(r).strftime("%Y%m%d") + digits(r, 3)
    weights = [pow(2, 17 - i, 11) for i in range(17)]  # ISO 7064: powers of the radix
    total = sum(w * int(d) for w, d in zip(weights, body, strict=True)) % 11
    check = (12 - total) % 11
    last = "X" if check == 10 else str(check)
    return body + (last.lower() if r.random() < 0.3 else last)


def ssn(r: Random) -> str:
    area = r.choice([a for a in range(1, 900, 7) if a != 666])
    return f"{area:03d}-{r.randrange(1, 100):02d}-{r.randrange(1, 10000):04d}"


def card(r: Random) -> str:
    prefix, length = r.choice(
        [
            ("4", 16),
            ("51", 16),
            ("55", 16),
            ("37", 15),
            ("6225", 16),
            ("622202", 19),
            ("621700", 19),
            ("3530", 16),
            ("6011", 16),
        ]
    )
    body = prefix + digits(r, length - len(prefix) - 1)
    number = body + luhn_digit(body)
    if length == 16 and r.random() < 0.4:
        sep = r.choice(" -")
        return sep.join(number[i : i + 4] for i in range(0, 16, 4))
    return number


def iban(r: Random) -> str:
    country, bban = r.choice(
        [
            ("DE", digits(r, 18)),
            ("FR", digits(r, 23)),
            ("GB", "".join(r.choices("ABCDEFGHKLMN", k=4)) + digits(r, 14)),
            ("ES", digits(r, 20)),
            ("NL", "INGB" + digits(r, 10)),
        ]
    )
    check = 98 - int("".join(str(int(c, 36)) for c in bban + country + "00")) % 97
    plain = f"{country}{check:02d}{bban}"
    return " ".join(plain[i : i + 4] for i in range(0, len(plain), 4)) if r.random() < 0.4 else plain


def passport(r: Random) -> str:
    return r.choice(["E" + digits(r, 8), "G" + digits(r, 8), "EA" + digits(r, 7), "C" + digits(r, 8), digits(r, 9)])


def hkid(r: Random) -> str:
    body = r.choice("ABCDEFGHKRZ") + digits(r, 6)
    total = 36 * 9 + sum(w * int(c, 36) for w, c in zip(range(8, 1, -1), body, strict=True))
    return f"{body}({'0123456789A'[-total % 11]})"


def taiwan_id(r: Random) -> str:
    letters = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
    letter = r.choice(letters)
    code = letters.index(letter) + 10
    body = r.choice("12") + digits(r, 7)
    total = code // 10 + code % 10 * 9 + sum(w * int(d) for w, d in zip(range(8, 0, -1), body, strict=True))
    return f"{letter}{body}{-total % 10}"


def plate(r: Random) -> str:
    head = r.choice(PROVINCE_CHARS) + r.choice(PLATE_CHARS[:8])
    sep = r.choice(["", "", "·", " "])
    plain = "".join(r.choices("0123456789", k=3)) + r.choice(PLATE_CHARS) + r.choice("0123456789")
    energy = r.choice("DF") + r.choice(PLATE_CHARS + "0123456789") + digits(r, 4)
    big = digits(r, 5) + r.choice("DF")
    return head + sep + r.choice([digits(r, 5), plain, energy, big])


def zh_name(r: Random) -> str:
    return r.choice(ZH_SURNAMES) + "".join(r.choices(ZH_GIVEN, k=r.choice((1, 2, 2))))


def en_name(r: Random) -> str:
    return f"{r.choice(EN_FIRST)} {r.choice(EN_LAST)}"


def zh_address(r: Random) -> str:
    tail = r.choice(
        [
            "",
            f"{r.randrange(1, 30)}号楼{r.randrange(1, 6)}单元{r.randrange(101, 2600)}室",
            f"阳光花园{r.randrange(1, 30)}栋{r.randrange(101, 999)}室",
        ]
    )
    return f"{r.choice(CITIES)}{r.choice(DISTRICTS)}{r.choice(ROADS)}{r.randrange(1, 999)}号{tail}"


def en_address(r: Random) -> str:
    street = r.choice(["Maple", "Oak", "King", "High", "Mill", "Church", "Station", "Park", "Lake View", "North Hill"])
    kind = r.choice(["Street", "St", "Avenue", "Road", "Lane", "Drive", "Blvd", "Court"])
    return f"{r.randrange(1, 9999)} {street} {kind}" + r.choice(["", f", Apt {r.randrange(1, 99)}"])


def birthday(r: Random) -> str:
    d = birth(r)
    return r.choice(
        [
            f"{d:%Y-%m-%d}",
            f"{d:%Y/%m/%d}",
            f"{d.year}年{d.month}月{d.day}日",
            f"{d:%d/%m/%Y}",
            f"{d:%d %B %Y}",
            f"{d:%Y%m%d}",
        ]
    )


def ipv4(r: Random) -> str:
    return ".".join(str(r.randrange(1, 255)) for _ in range(4))


def ipv6(r: Random) -> str:
    groups = [f"{r.randrange(1, 65535):x}" for _ in range(6)]
    return r.choice([":".join(["2001", "db8", *groups]), "2001:db8:" + ":".join(groups[:3]) + "::1"])


def imei(r: Random) -> str:
    body = "35" + digits(r, 12)
    return body + luhn_digit(body)


def mac(r: Random) -> str:
    return r.choice(":-").join(f"{r.randrange(256):02x}" for _ in range(6))


def uuid(r: Random) -> str:
    h = f"{r.getrandbits(128):032x}"
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}"


def openid(r: Random) -> str:
    alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return "o" + "".join(r.choices(alphabet, k=5)) + "".join(r.choices(alphabet + "_-", k=21)) + r.choice(alphabet)


def jwt(r: Random) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    signature = base64.urlsafe_b64encode(r.randbytes(32)).rstrip(b"=").decode()
    return (
        f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part({'sub': digits(r, 8), 'exp': r.randrange(10**9)})}.{signature}"
    )


def api_key(r: Random) -> str:
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    prefix, length = r.choice(
        [("sk_live_", 24), ("ghp_", 36), ("glpat-", 20), ("AIza", 35), ("LTAI", 20), ("xoxb-", 30), ("npm_", 36)]
    )
    return prefix + "".join(r.choices(letters, k=length))


def template(r: Random) -> str:
    return base64.b64encode(r.randbytes(r.randrange(48, 128))).decode()
