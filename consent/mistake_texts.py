"""What each mistake says, in English and Chinese (mistakes.py)."""

from typing import Final

# code: (English, Chinese)
TEXTS: Final[dict[str, tuple[str, str]]] = {
    "notice.missing": (
        "there is no notice {notice}; write one or name another in the jurisdiction",
        "没有名为 {notice} 的告知文本；请撰写一份，或在适用规则中指定另一份",
    ),
    "purpose.needed": ("the purposes {first} and {second} are needed", "必须有 {first} 和 {second} 这两个目的"),
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
    "twice.purpose": ("purpose {name} is there twice", "目的 {name} 重复出现"),
    "twice.jurisdiction": ("jurisdiction {name} is there twice", "适用规则 {name} 重复出现"),
    "twice.notice": ("notice {name} is there twice", "告知文本 {name} 重复出现"),
    "twice.region": ("region {name} is there twice", "地区 {name} 重复出现"),
    "twice.event": ("event {name} is there twice", "事件 {name} 重复出现"),
    "tooMany.purposes": ("there may be {limit} purposes, these are {count}", "最多 {limit} 个目的，现有 {count} 个"),
    "tooMany.notices": ("there may be {limit} notices, these are {count}", "最多 {limit} 份告知文本，现有 {count} 份"),
    "tooMany.jurisdictions": (
        "there may be {limit} jurisdictions, these are {count}",
        "最多 {limit} 条适用规则，现有 {count} 条",
    ),
    "tooMany.events": (
        "there may be {limit} entries in the map of events, these are {count}",
        "事件对应表最多 {limit} 条，现有 {count} 条",
    ),
    "shape": ("this is not of the right form: {said}", "格式不正确：{said}"),
    "number": ("{text} is not a whole number", "{text} 不是整数"),
    "part.unknown": ("there is no {part} {name} in this draft", "此草稿中没有 {part} {name}"),
    "part.taken": ("there is a {part} {name} already", "已经有 {part} {name}"),
    "fieldRule": (
        "a field rule is a path and a purpose, such as: properties.email marketing ({event})",
        "字段规则由路径和目的组成，例如：properties.email marketing（{event}）",
    ),
    "site.unknown": (
        "there is no site {site}: no source names it, and nothing was published for it",
        "没有站点 {site}：没有来源使用它，也没有为它发布过策略",
    ),
    "version.unknown": ("site {site} has no version {number}", "站点 {site} 没有版本 {number}"),
    "version.inForce": ("version {number} is the one in force", "版本 {number} 正在生效"),
    "draft.unknown": ("there is no such draft", "没有这份草稿"),
    "draft.closed": ("this draft is under review or published; make a new one", "这份草稿正在审核或已发布；请新建一份"),
    "draft.changed": (
        "somebody else changed this draft meanwhile; load it again and repeat your change",
        "其间有人改动了这份草稿；请重新载入后再修改",
    ),
    "draft.notADraft": (
        "this draft is in state {state}; only a draft can be submitted",
        "这份草稿的状态是 {state}；只有草稿可以提交审核",
    ),
    "draft.notInReview": ("only what is under review can be rejected", "只有审核中的草稿可以退回"),
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
    "map.noPolicy": ("publish a policy first: the map names its purposes", "请先发布政策：事件对应表引用其中的目的"),
    "map.changed": (
        "somebody else changed the map meanwhile; load it again and repeat your change",
        "其间有人改动了事件对应表；请重新载入后再修改",
    ),
    "receipt.unknown": ("there is no such receipt, or it was erased", "没有这份回执，或已被删除"),
    "export.form": ("the form of an export is one of: {forms}", "导出格式须为以下之一：{forms}"),
    "ledger.empty": ("the ledger of {site} is empty", "站点 {site} 的账本是空的"),
    "keys.never": (
        "only these keys are rotated: {uses}; a new subject key would cut people off from what they chose",
        "只有这些密钥可以轮换：{uses}；更换主体密钥会使人与其选择脱节",
    ),
    "policy.unknown": (
        "{site} has not published a policy; publish a draft first",
        "站点 {site} 尚未发布政策；请先发布一份草稿",
    ),
    "policy.none": ("the site has not published a policy", "该站点尚未发布政策"),
    "policy.noneYet": (
        "{site} has not published a policy; `firsthand consent publish` puts the shipped one in force",
        "{site} 尚未发布政策；运行 `firsthand consent publish` 可启用自带的政策",
    ),
    "person.unknown": (
        "nothing is known of this person under that subject; find them first",
        "此人名下没有该主体；请先查找",
    ),
    "source.taken": ("there is a source {source} already", "已有名为 {source} 的来源"),
    "source.unknown": ("there is no source {source}", "没有名为 {source} 的来源"),
    "source.configured": (
        "source {source} stands in firsthand.toml; change it there",
        "来源 {source} 写在 firsthand.toml 中，请在那里修改",
    ),
    "token.name": (
        "a token's name has 1 to 56 small letters, digits, dots, dashes or underscores",
        "令牌名称为 1 至 56 个小写字母、数字、点、短横线或下划线",
    ),
    "token.roles": ("a token needs at least one role of: {roles}", "令牌至少需要一个角色：{roles}"),
    "token.sites": ("a token needs at least one site, or * for all", "令牌至少需要一个站点，* 表示全部站点"),
    "token.days": ("a token is good for 1 to {most} days", "令牌的有效期为 1 至 {most} 天"),
    "token.taken": (
        "there was a token named {name} already; names are not used twice",
        "已有名为 {name} 的令牌；名称不能重复使用",
    ),
    "token.unknown": ("there is no token named {name}", "没有名为 {name} 的令牌"),
    "request.kind": ("kind is one of {kinds}", "类型须为以下之一：{kinds}"),
    "request.law": ("law is one of {laws}", "法律须为以下之一：{laws}"),
    "request.nobody": (
        "name whom it is about: a user id, an anonymous id, a mail address or a phone number",
        "请说明涉及何人：用户标识、匿名标识、电子邮箱或电话号码",
    ),
    "request.blank": (
        "a user id, an anonymous id, a mail address or a phone number is empty",
        "用户标识、匿名标识、电子邮箱或电话号码为空",
    ),
    "request.email": ("a mail address has an @ between two parts", "电子邮箱须在 @ 两侧都有内容"),
    "request.phone": ("a phone number has five digits or more", "电话号码至少有五位数字"),
    "request.unknown": (
        "there is no request {request}; `firsthand dsr list` shows them",
        "没有请求 {request}；运行 `firsthand dsr list` 可查看",
    ),
    "request.how": ("say how the identity was verified", "请说明如何核实了身份"),
    "request.noExtension": ("{law} knows no extension", "{law} 不允许延期"),
    "request.extended": ("it was extended already", "已经延期过一次"),
    "request.passed": (
        "the deadline has passed; an extension had to be told before it",
        "期限已过；延期须在期限前告知",
    ),
    "request.extensionReason": ("an extension needs a reason", "延期需要说明理由"),
    "request.denialReason": ("a denial needs a reason", "拒绝需要说明理由"),
    "request.other": ("request {request} is about {kind}", "请求 {request} 的类型是 {kind}"),
    "request.notRestricted": (
        "request {request} is about {kind}; only a restriction can be lifted",
        "请求 {request} 的类型是 {kind}；只有限制处理可以解除",
    ),
    "request.lifted": ("request {request} was lifted already", "请求 {request} 已经解除过"),
    "request.unverified": (
        "the identity was not verified: firsthand dsr verify {request} --how '...'",
        "尚未核实身份：firsthand dsr verify {request} --how '...'",
    ),
    "request.state": (
        "request {request} is {state}; this needs {needed}",
        "请求 {request} 的状态是 {state}；此操作需要 {needed}",
    ),
    "request.underWay": ("request {request} is being worked on already", "请求 {request} 已在处理中"),
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
    "file": ("{file}: {said}", "{file}：{said}"),
    "file.noCheckpoint": (
        "{file} is no checkpoint of `firsthand consent checkpoint`: {said}",
        "{file} 不是 `firsthand consent checkpoint` 的检查点：{said}",
    ),
    "choice.conflict": ("this idempotencyKey was used for another choice", "该 idempotencyKey 已用于另一个选择"),
    "choice.policyUnknown": (
        "that policy is not, or no longer, in force: fetch it and ask again",
        "该策略未生效或已失效：请重新获取策略并再次询问",
    ),
    "choice.unknownNotice": (
        "noticeHash is not among the notices of that policy",
        "noticeHash 不属于该策略的任何告知文本",
    ),
    "choice.nothing": ("there is nothing to choose", "没有可选择的目的"),
    "choice.setNeedsChoices": ("action set needs choices", "操作 set 需要 choices"),
    "choice.acceptsWhat": (
        "action accept_all needs choices, or the noticeHash that was accepted",
        "操作 accept_all 需要 choices，或所同意的告知文本的 noticeHash",
    ),
    "choice.unknownPurpose": ("choices name a purpose that is not in that policy", "choices 中有该策略没有的目的"),
    "choice.required": ("a required purpose cannot be denied", "必需的目的不能拒绝"),
    "choice.guardian": (
        "only a guardian can grant this purpose (method guardian)",
        "该目的只能由监护人同意（method 为 guardian）",
    ),
    "keys.subject": (
        "the subject key is never rotated: people would be cut off from what they chose",
        "subject 密钥从不轮换：否则个人将与其既有选择失去联系",
    ),
    "keys.none": (
        "there is no {file}; a collector makes it at its first start: name the collector's directory with --data",
        "没有 {file}；采集器首次启动时会创建它：请用 --data 指定采集器的数据目录",
    ),
    "keys.open": (
        "{file} can be read by other users; run: chmod 600 {file}",
        "其他用户可以读取 {file}；请运行：chmod 600 {file}",
    ),
    "keys.damaged": ("{file} is damaged; restore it from a backup", "{file} 已损坏；请从备份恢复"),
    "keys.size": ("{file}: each use needs a key of {bytes} bytes", "{file}：每种用途都需要一个 {bytes} 字节的密钥"),
    "source.id": ("a source's id may have 1 to 64 printable characters", "来源的 id 须为 1 至 64 个可打印字符"),
    "source.slash": (
        "a source's id may have 1 to 64 printable characters, no slash",
        "来源的 id 须为 1 至 64 个可打印字符，且不含斜杠",
    ),
    "source.origin": (
        "{origin}: an origin is like https://shop.example",
        "{origin}：来源地址应形如 https://shop.example",
    ),
    "source.kind": ("source {source}: kind must be one of {kinds}", "来源 {source}：kind 须为 {kinds} 之一"),
    "source.mode": (
        "source {source}: mode must be opt_in, opt_out or exempt",
        "来源 {source}：mode 须为 opt_in、opt_out 或 exempt",
    ),
    "source.state": ("source {source}: state must be live or paused", "来源 {source}：state 须为 live 或 paused"),
    "source.site": (
        "source {source}: site may have letters, digits, dot, dash and underscore, 64 at most",
        "来源 {source}：site 只能含字母、数字、点、连字符和下划线，最多 64 个字符",
    ),
    "source.wechat": ("source {source}: wechat needs appid and secret", "来源 {source}：wechat 需要 appid 和 secret"),
    "source.sameKey": ("sources {one} and {other} have the same write key", "来源 {one} 和 {other} 的写入密钥相同"),
    "source.pii": ("source {source}: {said}", "来源 {source} 的个人信息规则不可用：{said}"),
    "source.unreadable": ("{file} cannot be read: {said}", "无法读取 {file}：{said}"),
}
