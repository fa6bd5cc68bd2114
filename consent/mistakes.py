"""What went wrong in a way that the person can mend: a code for programs, values, and one text a language.

    raise PolicyError("purpose.noText", purpose="marketing")
    str(error)                      # English: "purpose marketing has no text in any language; …"
    error.code, error.values        # "purpose.noText", {"purpose": "marketing"}

The console says the text in the reader's language (`words.of(error)`), the admin API gives the code and the values to
programs beside the English text. A code that is not in the table below fails where it is raised.
"""

from typing import Any, Final

PREFIX: Final = "mistake."

# code: (English, Chinese)
TEXTS: Final[dict[str, tuple[str, str]]] = {
    "notice.missing": (
        "there is no notice {notice}; write one or name another in the jurisdiction",
        "没有名为 {notice} 的告知文本；请撰写一份，或在适用规则中指定另一份",
    ),
    "purpose.needed": (
        "the purposes {first} and {second} are needed",
        "必须有 {first} 和 {second} 这两个目的",
    ),
    "purpose.noText": (
        "purpose {purpose} has no text in any language; write a title in one",
        "目的 {purpose} 没有任何语言的说明；请至少填写一种语言的标题",
    ),
    "purpose.required": (
        "only {only} may be, and must be, required; {purpose} is not so",
        "只有 {only} 可以且必须设为“必需”；{purpose} 不符合",
    ),
    "purpose.retention": (
        "purpose {purpose} names the retention class {retention}, which is not there",
        "目的 {purpose} 指定的保存期限类别 {retention} 不存在",
    ),
    "jurisdiction.rest": (
        "one jurisdiction must be for *, the rest of the world",
        "必须有一条适用规则覆盖 *（其余所有地区）",
    ),
    "jurisdiction.purpose": (
        "jurisdiction {jurisdiction} names the purpose {purpose}, which is not there",
        "适用规则 {jurisdiction} 提到的目的 {purpose} 不存在",
    ),
    "event.purpose": (
        "event {event} is for {purpose}, which is not among the purposes",
        "事件 {event} 对应的 {purpose} 不在目的列表中",
    ),
    "twice.purpose": (
        "purpose {name} is there twice",
        "目的 {name} 重复出现",
    ),
    "twice.jurisdiction": (
        "jurisdiction {name} is there twice",
        "适用规则 {name} 重复出现",
    ),
    "twice.notice": (
        "notice {name} is there twice",
        "告知文本 {name} 重复出现",
    ),
    "twice.region": (
        "region {name} is there twice",
        "地区 {name} 重复出现",
    ),
    "twice.event": (
        "event {name} is there twice",
        "事件 {name} 重复出现",
    ),
    "tooMany.purposes": (
        "there may be {limit} purposes, these are {count}",
        "最多 {limit} 个目的，现有 {count} 个",
    ),
    "tooMany.notices": (
        "there may be {limit} notices, these are {count}",
        "最多 {limit} 份告知文本，现有 {count} 份",
    ),
    "tooMany.jurisdictions": (
        "there may be {limit} jurisdictions, these are {count}",
        "最多 {limit} 条适用规则，现有 {count} 条",
    ),
    "tooMany.events": (
        "there may be {limit} entries in the map of events, these are {count}",
        "事件对应表最多 {limit} 条，现有 {count} 条",
    ),
    "shape": (
        "this is not of the right form: {said}",
        "格式不正确：{said}",
    ),
    "number": (
        "{text} is not a whole number",
        "{text} 不是整数",
    ),
    "part.unknown": (
        "there is no {part} {name} in this draft",
        "此草稿中没有 {part} {name}",
    ),
    "part.taken": (
        "there is a {part} {name} already",
        "已经有 {part} {name}",
    ),
    "fieldRule": (
        "a field rule is a path and a purpose, such as: properties.email marketing ({event})",
        "字段规则由路径和目的组成，例如：properties.email marketing（{event}）",
    ),
    "version.unknown": (
        "site {site} has no version {number}",
        "站点 {site} 没有版本 {number}",
    ),
    "version.inForce": (
        "version {number} is the one in force",
        "版本 {number} 正在生效",
    ),
    "draft.unknown": (
        "there is no such draft",
        "没有这份草稿",
    ),
    "draft.closed": (
        "this draft is under review or published; make a new one",
        "这份草稿正在审核或已发布；请新建一份",
    ),
    "draft.changed": (
        "somebody else changed this draft meanwhile; load it again and repeat your change",
        "其间有人改动了这份草稿；请重新载入后再修改",
    ),
    "draft.notADraft": (
        "this draft is in state {state}; only a draft can be submitted",
        "这份草稿的状态是 {state}；只有草稿可以提交审核",
    ),
    "draft.notInReview": (
        "only what is under review can be rejected",
        "只有审核中的草稿可以退回",
    ),
    "draft.notSubmitted": (
        "this draft is in state {state}; submit it for review first",
        "这份草稿的状态是 {state}；请先提交审核",
    ),
    "fourEyes.publish": (
        "nobody publishes what they wrote: another approver has to (four-eyes rule)",
        "撰写者不能发布自己写的内容：须由另一位审批人发布（四眼原则）",
    ),
    "fourEyes.rollBack": (
        "who asks for a roll-back cannot approve it as well (four-eyes rule)",
        "提出回退的人不能自己批准（四眼原则）",
    ),
    "map.noPolicy": (
        "publish a policy first: the map names its purposes",
        "请先发布政策：事件对应表引用其中的目的",
    ),
    "map.changed": (
        "somebody else changed the map meanwhile; load it again and repeat your change",
        "其间有人改动了事件对应表；请重新载入后再修改",
    ),
    "receipt.unknown": (
        "there is no such receipt, or it was erased",
        "没有这份回执，或已被删除",
    ),
    "export.form": (
        "the form of an export is one of: {forms}",
        "导出格式须为以下之一：{forms}",
    ),
    "ledger.empty": (
        "the ledger of {site} is empty",
        "站点 {site} 的账本是空的",
    ),
    "keys.never": (
        "only these keys are rotated: {uses}; a new subject key would cut people off from what they chose",
        "只有这些密钥可以轮换：{uses}；更换主体密钥会使人与其选择脱节",
    ),
    "policy.unknown": (
        "{site} has not published a policy; publish a draft first",
        "站点 {site} 尚未发布政策；请先发布一份草稿",
    ),
    "policy.none": (
        "the site has not published a policy",
        "该站点尚未发布政策",
    ),
    "policy.noneYet": (
        "{site} has not published a policy; `firsthand consent publish` puts the shipped one in force",
        "{site} 尚未发布政策；运行 `firsthand consent publish` 可启用自带的政策",
    ),
    "person.unknown": (
        "nothing is known of this person under that subject; find them first",
        "此人名下没有该主体；请先查找",
    ),
    "source.taken": (
        "there is a source {source} already",
        "已有名为 {source} 的来源",
    ),
    "source.unknown": (
        "there is no source {source}",
        "没有名为 {source} 的来源",
    ),
    "source.configured": (
        "source {source} stands in firsthand.toml; change it there",
        "来源 {source} 写在 firsthand.toml 中，请在那里修改",
    ),
    "token.name": (
        "a token's name has 1 to 56 small letters, digits, dots, dashes or underscores",
        "令牌名称为 1 至 56 个小写字母、数字、点、短横线或下划线",
    ),
    "token.roles": (
        "a token needs at least one role of: {roles}",
        "令牌至少需要一个角色：{roles}",
    ),
    "token.sites": (
        "a token needs at least one site, or * for all",
        "令牌至少需要一个站点，* 表示全部站点",
    ),
    "token.days": (
        "a token is good for 1 to {most} days",
        "令牌的有效期为 1 至 {most} 天",
    ),
    "token.taken": (
        "there was a token named {name} already; names are not used twice",
        "已有名为 {name} 的令牌；名称不能重复使用",
    ),
    "token.unknown": (
        "there is no token named {name}",
        "没有名为 {name} 的令牌",
    ),
    "request.kind": (
        "kind is one of {kinds}",
        "类型须为以下之一：{kinds}",
    ),
    "request.law": (
        "law is one of {laws}",
        "法律须为以下之一：{laws}",
    ),
    "request.nobody": (
        "name whom it is about: a user id, an anonymous id, a mail address or a phone number",
        "请说明涉及何人：用户标识、匿名标识、电子邮箱或电话号码",
    ),
    "request.unknown": (
        "there is no request {request}; `firsthand dsr list` shows them",
        "没有请求 {request}；运行 `firsthand dsr list` 可查看",
    ),
    "request.how": (
        "say how the identity was verified",
        "请说明如何核实了身份",
    ),
    "request.noExtension": (
        "{law} knows no extension",
        "{law} 不允许延期",
    ),
    "request.extended": (
        "it was extended already",
        "已经延期过一次",
    ),
    "request.passed": (
        "the deadline has passed; an extension had to be told before it",
        "期限已过；延期须在期限前告知",
    ),
    "request.extensionReason": (
        "an extension needs a reason",
        "延期需要说明理由",
    ),
    "request.denialReason": (
        "a denial needs a reason",
        "拒绝需要说明理由",
    ),
    "request.other": (
        "request {request} is about {kind}",
        "请求 {request} 的类型是 {kind}",
    ),
    "request.notRestricted": (
        "request {request} is about {kind}; only a restriction can be lifted",
        "请求 {request} 的类型是 {kind}；只有限制处理可以解除",
    ),
    "request.lifted": (
        "request {request} was lifted already",
        "请求 {request} 已经解除过",
    ),
    "request.unverified": (
        "the identity was not verified: firsthand dsr verify {request} --how '...'",
        "尚未核实身份：firsthand dsr verify {request} --how '...'",
    ),
    "request.state": (
        "request {request} is {state}; this needs {needed}",
        "请求 {request} 的状态是 {state}；此操作需要 {needed}",
    ),
    "request.underWay": (
        "request {request} is being worked on already",
        "请求 {request} 已在处理中",
    ),
    "request.noNight": (
        "nothing is erased by night here: set erase_at, or have it erased at once",
        "此处未设置夜间删除：请设置 erase_at，或选择立即删除",
    ),
    "request.noFile": (
        "request {request} has no file, or its days are over; take in a new request",
        "请求 {request} 没有文件，或已过期；请重新登记一个请求",
    ),
    "request.fileElsewhere": (
        "the file of request {request} is not on this machine; the loader's machine {machine} has it, below exports/ "
        "of its data directory, as {file}",
        "请求 {request} 的文件不在本机；它在加载器所在的机器 {machine} 上，位于数据目录的 exports/ 下，文件名为 {file}",
    ),
    "fourEyes.erase": (
        "nobody erases whom they verified: another officer or an approver has to (four-eyes rule)",
        "核实身份的人不能自己执行删除：须由另一位隐私负责人或审批人执行（四眼原则）",
    ),
    "file": (
        "{file}: {said}",
        "{file}：{said}",
    ),
    "file.noCheckpoint": (
        "{file} is no checkpoint of `firsthand consent checkpoint`: {said}",
        "{file} 不是 `firsthand consent checkpoint` 的检查点：{said}",
    ),
}


class Mistake(ValueError):
    """Base of the errors that people can mend. Raises KeyError for a code without a text."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(TEXTS[code][0].format(**values))
        self.code, self.values = code, values


def texts(language: str) -> dict[str, str]:
    """All texts of a language, English where it is none of ours; keys are `mistake.<code>`."""
    which = 1 if language.startswith("zh") else 0
    return {PREFIX + code: both[which] for code, both in TEXTS.items()}
