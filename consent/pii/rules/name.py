"""Names of people inside text, only where the text says that one follows: 姓名：, 收货人, my name is, Dear, Mr.

A name without such a word cannot be told from any other word by a rule; a field that holds names is declared by its
name or by the source's path rules.
"""

import re

from consent.pii.model import Rule

# The commonest surnames of mainland China (Ministry of Public Security's list, first 150), and double ones
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜"
    "倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游"
)
_DOUBLE = "欧阳|上官|司马|诸葛|司徒|东方|慕容|夏侯|皇甫|尉迟|公孙|令狐|长孙"
_HAN = "[\u4e00-\u9fff]"
_LEAD = (
    "姓名|收货人|收件人|联系人|寄件人|取件人|经办人|持卡人|开户人|开户名|户名|真实姓名|患者|投保人|被保险人|乘客|入住人|"
    "我叫|我是|名叫|本人|我的名字是|名字是|名字叫"
)
CHINESE = Rule(
    "name_zh", "name", _LEAD,
    re.compile(
        rf"(?:{_LEAD})[ \t]{{0,3}}[:：是为叫]?[ \t]{{0,3}}(?P<v>(?:(?:{_DOUBLE}){_HAN}{{1,2}}|[{_SURNAMES}]{_HAN}{{1,2}}?)"
        rf"(?=$|[^\u4e00-\u9fff]|先生|女士|小姐|同学|老师|的|，|电话|手机|住|身份|地址|于|出生|在|请|吧|代收|签收))"
    ),
)  # fmt: skip
SIGNED = Rule(
    "name_signed_zh", "name", "签收|先生|女士|小姐",
    re.compile(rf"(?<!{_HAN})(?P<v>(?:(?:{_DOUBLE}){_HAN}{{1,2}}|[{_SURNAMES}]{_HAN}{{0,2}}?))(?=(?:已|本人)?签收|先生|女士|小姐)"),
)  # fmt: skip
_NO_NAMES = frozenset(
    {"Customer", "Sir", "Madam", "Team", "All", "User", "Member", "Friend", "Guest", "Support", "Valued", "The", "Our",
     "Sales", "Unknown", "None", "Null", "Test", "Product", "Service", "Information", "Portal", "Number", "Us", "Store",
     "Address", "Details", "Hiring", "Everyone", "Colleagues", "Name", "Record", "Care", "Experience", "Data",
     "Green", "Black", "White", "Red", "Blue", "New", "Premium", "Classic", "Order", "Invoice", "Default", "Standard"}
)  # fmt: skip
_WORD = r"[A-Z][a-zà-öø-ÿ'’]{1,19}(?:-[A-Z][a-z]{1,19})?"
ENGLISH = Rule(
    "name_en", "name",
    r"(?i)my name is|full ?name|\bname ?[:=]|i am called|customer ?[:=]|recipient ?[:=]|contact ?[:=]|attn|ship to|deliver to"
    r"|signed by|\bdear |\bmr\b|\bmrs\b|\bms\b|\bdr\b|\bmx\b|cardholder|patient|passenger|regards,",
    re.compile(
        r"(?:(?i:my name is|full ?name ?[:=]?|\bname ?[:=]|i am called|customer ?[:=]|recipient ?[:=]|contact ?[:=]|attn[:.]?"
        r"|ship to:?|deliver to:?|signed by:?|cardholder ?[:=]?|patient ?[:=]?|passenger ?[:=]?|regards,|\bdear)[ \t\n]{1,3}"
        r"(?:(?:Mr|Mrs|Ms|Dr|Mx|Prof)\.? )?|\b(?:Mr|Mrs|Ms|Dr|Mx)\.? )"
        rf"(?P<v>{_WORD}(?: (?:{_WORD}|[A-Z]\.|van|de|der|von|bin|al)){{0,3}})(?![a-z])"
    ),
    lambda value: value.split(" ")[0] not in _NO_NAMES and not value.endswith(("'s", "’s")),
)  # fmt: skip
