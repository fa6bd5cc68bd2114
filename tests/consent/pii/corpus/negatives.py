"""Texts that look like personal data and are none: what analytics is full of."""

import base64
from collections.abc import Callable, Iterator
from random import Random

from tests.consent.pii.corpus import Item
from tests.consent.pii.corpus import values as v

Maker = Callable[[Random], tuple[str, str]]  # field, text

ZH = (
    "这款绿茶味道清香，适合日常饮用，性价比很高", "物流很快，第二天就到了，包装完好", "请问什么时候补货？", "满300减50，限时优惠", "第3次购买了，一如既往的好",
    "新品上市，敬请期待", "颜色比图片深一点，总体满意", "适合3岁以上儿童", "客服态度很好，有问必答", "买二送一活动还有吗", "尺码偏小，建议拍大一码",
    "2026年双十一大促", "支持7天无理由退货", "会员专享价", "本店所有商品均为正品", "搜索：红茶 礼盒 500克", "一路走来，感谢有你", "高铁2小时直达", "小区门口的店",
)  # fmt: skip
EN = (
    "Great tea, arrived on time and well packed", "Is this available in blue?", "Version 2 of the form is easier", "I am happy with the service",
    "Free shipping over 50 EUR", "Add to cart", "Sort by price: low to high", "The name of the product is too long", "Please contact support",
    "Dear customer, your parcel is on its way", "Page 3 of 17", "Out of stock until March", "Born to run: running shoes", "Call to action above the fold",
    "Click the card to see more", "Our address book feature", "12 years old whisky", "Passport holder, leather", "Cardigan, size M", "Visa information page",
)  # fmt: skip


def _order(r: Random) -> tuple[str, str]:
    return r.choice(("order_id", "order_no", "订单号", "transaction_id", "invoice")), v.digits(
        r, r.choice((10, 11, 12, 16, 18, 20)), "123456789"
    )


def _order_text(r: Random) -> tuple[str, str]:
    number = v.digits(r, r.choice((11, 16, 18)), "123456789")
    return "note", r.choice(
        (
            f"订单{number}已发货",
            f"order {number} shipped",
            f"单号：{number}",
            f"Invoice {number}",
            f"运单号 {number} 派送中",
        )
    )


def _clock(r: Random) -> tuple[str, str]:
    seconds = 1_700_000_000 + r.randrange(10**8)
    ms = seconds * 1000 + r.randrange(1000)
    return r.choice(("ts", "note", "client_time", "value")), r.choice(
        (str(seconds), str(ms), f"t={ms}", f"{ms * 1000}", f"expires {ms}")
    )


def _date(r: Random) -> tuple[str, str]:
    d = v.birth(r)
    return "note", r.choice(
        (
            f"{d:%Y-%m-%d}",
            f"{d:%Y-%m-%d} 12:30:45",
            f"{d:%Y%m%d}",
            f"delivery on {d:%d/%m/%Y}",
            f"{d.year}年{d.month}月{d.day}日发货",
            f"{d:%Y-%m-%dT%H:%M:%S.123Z}",
        )
    )


def _price(r: Random) -> tuple[str, str]:
    amount = r.randrange(1, 10**7) / 100
    return r.choice(("price", "total", "note")), r.choice(
        (
            f"{amount:.2f}",
            f"¥{amount:,.2f}",
            f"{amount:.2f} EUR",
            f"共{r.randrange(1, 999)}元",
            f"-{amount:.2f}",
            f"${amount:,.2f}",
        )
    )


def _hash(r: Random) -> tuple[str, str]:
    bits = r.choice((128, 160, 256))
    return r.choice(("etag", "hash", "note", "build")), f"{r.getrandbits(bits):0{bits // 4}x}"


def _base64(r: Random) -> tuple[str, str]:
    return "state", base64.b64encode(r.randbytes(r.randrange(9, 60))).decode()


def _sku(r: Random) -> tuple[str, str]:
    letters = "".join(r.choices("ABCDEFGHKLMNPRSTUVWXYZ", k=3))
    return r.choice(("sku", "part_no", "item", "model")), r.choice(
        (f"{letters}-{v.digits(r, 4)}-{v.digits(r, 4)}", f"{v.digits(r, 3)}-{v.digits(r, 3)}-{v.digits(r, 4)}", f"{letters}{v.digits(r, 6)}", f"{v.digits(r, 3)}-{v.digits(r, 2)}-{v.digits(r, 4)}",
         f"{letters[:2]}{v.digits(r, 2)} {letters}", f"1{r.choice('3456789')}{v.digits(r, 9)}")
    )  # fmt: skip


def _ean(r: Random) -> tuple[str, str]:
    body = r.choice(("69", "40", "50", "97")) + v.digits(r, 10)
    odd, even = sum(map(int, body[::2])), sum(map(int, body[1::2]))
    return r.choice(("ean", "barcode", "gtin", "note")), body + str(-(odd + 3 * even) % 10)


def _place(r: Random) -> tuple[str, str]:
    lat, lon = r.uniform(-90, 90), r.uniform(-180, 180)
    return r.choice(("coords", "position", "viewbox")), r.choice(
        (f"{lat:.6f},{lon:.6f}", f"{lat:+.4f} {lon:+.4f}", f"{lat:.5f}", f"0 0 {r.randrange(2000)} {r.randrange(2000)}")
    )


def _parcel(r: Random) -> tuple[str, str]:
    return r.choice(("tracking", "tracking_number", "运单号")), r.choice(
        (f"SF{v.digits(r, 13)}", f"1Z{''.join(r.choices('ABCDEFGH0123456789', k=16))}", f"YT{v.digits(r, 13)}", v.digits(r, 12, "123456789"), f"JD{v.digits(r, 11)}", f"RR{v.digits(r, 9)}CN"))  # fmt: skip


def _version(r: Random) -> tuple[str, str]:
    a, b, c, d = (r.randrange(1, 150) for _ in range(4))
    return r.choice(("version", "app_version", "build", "sdk")), r.choice(
        (f"{a}.{b}.{c}", f"{a}.{b}.{c}.{d}", f"v{a}.{b}.{c}-rc.{d}", f"{a}.0.{r.randrange(1000, 9999)}.{d}")
    )


def _address_of_page(r: Random) -> tuple[str, str]:
    slug = "-".join(r.choices(("green", "tea", "250g", "gift", "box", "spring", "2026", "organic"), k=3))
    return r.choice(("link", "target", "image")), r.choice(
        (f"/p/{slug}", f"https://shop.example/c/{slug}?page={r.randrange(9)}", f"/img/{slug}@2x.png", f"https://cdn.example/{r.getrandbits(64):x}/{slug}.js", f"#/{slug}/{r.randrange(999)}"))  # fmt: skip


def _uuid(r: Random) -> tuple[str, str]:
    return r.choice(("event_id", "note", "session", "cart_id")), v.uuid(r)


def _snowflake(r: Random) -> tuple[str, str]:
    return r.choice(("item_id", "post_id", "sku_id")), str(
        (r.randrange(10**12, 2 * 10**12) << 22) | r.randrange(1 << 22)
    )


def _number(r: Random) -> tuple[str, str]:
    return r.choice(("duration", "count", "seq", "size")), r.choice(
        (
            str(r.randrange(10**9)),
            f"{r.random():.12f}",
            f"{r.randrange(10**6)}px",
            f"{r.randrange(100)}%",
            f"{r.random():.3e}",
        )
    )


def _reference(r: Random) -> tuple[str, str]:
    return r.choice(("ref", "value", "note", "key")), v.digits(
        r, r.choice((8, 9, 10, 11, 13, 15, 16, 17, 18, 19)), "123456789"
    )


TRICKY = (
    "Mr. Clean sponge, 3 pack", "Name: Green Tea", "Contact: Sales", "Dear valued customer", "Dr. Martens boots", "Mrs. Meyer's soap", "Name: Order Summary",
    "New York Drive in cinema", "24 Carat gold ring", "10 Downing the stairs", "7 Steps to a better sleep", "Route 66 Road trip", "5 Star hotel", "3 Way switch",
    "call 110 in an emergency", "hotline 95588", "400-820-8820", "customer care 800-123-4567 ext", "ISBN 978-7-111-12834-5", "room 1203", "gate 12", "seat 14C",
    "10.0.0 is the new version", "1.2.3.4.5", "ratio 16:9:4", "12:30:45:500", "Size 42-44-46", "2001-2024", "1990-05-17", "1990s hits", "aged cheese", "age 3+ toys",
    "born this way", "diagnosed the server fault", "treatment of leather", "passport holder for 2 passports", "the card has 16 colours", "card 12 of 52", "account settings",
    "手机壳 iPhone 15", "电话卡套餐 8元保号", "身份证卡套", "护照夹 真皮", "银行卡收纳包 24卡位", "密码锁 4位", "验证码错误", "车牌架 不锈钢", "地址栏", "生日蛋糕 8寸",
    "病历本 A5", "指纹锁 C级", "人脸识别门锁 3D", "人民路店", "满100号召力", "3号线2号口", "今年30岁以下免票", "双11第1号店", "苹果15手机", "新A4纸 500张", "京东自营",
    "川崎A2500", "晋级8强", "港澳游3日", "联系我们", "我是新用户", "本人已阅读", "姓名不能为空", "收货人信息不完整", "联系人列表", "患者须知", "我叫不出名字",
)  # fmt: skip


def _tricky(r: Random) -> tuple[str, str]:
    return r.choice(("note", "title", "label")), r.choice(TRICKY) + r.choice(("", f" {r.randrange(10)}", "。", "!"))


def _words(r: Random) -> tuple[str, str]:
    return r.choice(("note", "comment", "label", "query")), r.choice(ZH) + r.choice(
        ("", "。", f" {r.randrange(100)}", "，" + r.choice(ZH))
    ) if r.random() < 0.6 else r.choice(EN)


def _selector(r: Random) -> tuple[str, str]:
    return "selector", r.choice(
        (
            f"div#app > ul:nth-child({r.randrange(9)}) > li.item",
            f"button[data-id='{r.randrange(10**6)}']",
            f"a.btn-{r.getrandbits(32):08x}",
        )
    )


def _agent(r: Random) -> tuple[str, str]:
    major = r.randrange(100, 150)
    return (
        "agent",
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.{r.randrange(1000, 9000)}.{r.randrange(10, 200)} Safari/537.36",
    )


KINDS: dict[str, Maker] = {
    "order": _order, "order in text": _order_text, "clock": _clock, "date": _date, "price": _price, "hash": _hash, "base64": _base64, "sku": _sku,
    "ean": _ean, "place": _place, "parcel": _parcel, "version": _version, "page": _address_of_page, "uuid": _uuid, "snowflake": _snowflake,
    "number": _number, "reference": _reference, "words": _words, "tricky": _tricky, "selector": _selector, "agent": _agent,
}  # fmt: skip


def negatives(seed: int, each: int) -> Iterator[Item]:
    """`each` items of every kind."""
    r = Random(seed)
    for kind, make in KINDS.items():
        for _ in range(each):
            field, text = make(r)
            yield Item(text, field, kind=kind)
