"""Sites that send visitors, by kind. A host belongs to the longest entry that is it or a parent domain of it.

Search engines with a domain in every country are the pattern at the end. `android-app://` referrers name the
package of the app instead of a host.
"""

import re
from typing import Final, Literal

Kind = Literal["search", "social", "email", "ad"]


def _table(**kinds: str) -> dict[str, Kind]:
    return {host: kind for kind, hosts in kinds.items() for host in hosts.split()}  # type: ignore[misc]  # names are the kinds


SITES: Final[dict[str, Kind]] = _table(
    search="""
        baidu.com sogou.com so.com haosou.com sm.cn quark.cn toutiao.com chinaso.com youdao.com
        bing.com duckduckgo.com ecosia.org qwant.com startpage.com search.brave.com kagi.com you.com
        search.yahoo.com search.yahoo.co.jp yandex.com ya.ru seznam.cz naver.com daum.net coccoc.com
        search.aol.com ask.com mojeek.com swisscows.com petalsearch.com baidu.hk
        chatgpt.com chat.openai.com perplexity.ai gemini.google.com copilot.microsoft.com claude.ai
        doubao.com kimi.com kimi.moonshot.cn chat.deepseek.com yuanbao.tencent.com tongyi.com metaso.cn
        com.google.android.googlequicksearchbox com.baidu.searchbox com.quark.browser
    """,
    social="""
        weixin.qq.com weixin110.qq.com wx.qq.com weibo.com weibo.cn t.cn douyin.com iesdouyin.com
        xiaohongshu.com xhslink.com zhihu.com bilibili.com b23.tv kuaishou.com chenzhongtech.com douban.com
        tieba.baidu.com qzone.qq.com url.cn hupu.com jianshu.com csdn.net juejin.cn v2ex.com
        facebook.com fb.com fb.me messenger.com instagram.com threads.net threads.com x.com twitter.com t.co
        linkedin.com lnkd.in youtube.com youtu.be tiktok.com reddit.com redd.it pinterest.com tumblr.com
        quora.com vk.com ok.ru telegram.org t.me whatsapp.com wa.me line.me discord.com discordapp.com
        snapchat.com bsky.app mastodon.social medium.com news.ycombinator.com github.com stackoverflow.com
        com.tencent.mm com.tencent.mobileqq com.sina.weibo com.ss.android.ugc.aweme com.xingin.xhs com.zhihu.android
        com.facebook.katana com.instagram.android com.twitter.android com.linkedin.android com.reddit.frontpage
        org.telegram.messenger com.whatsapp com.slack com.pinterest
    """,
    email="""
        mail.google.com inbox.google.com mail.qq.com exmail.qq.com mail.163.com mail.126.com
        mail.yeah.net mail.sina.com.cn mail.sohu.com mail.139.com mail.189.cn mail.aliyun.com qiye.aliyun.com
        outlook.live.com outlook.office.com outlook.office365.com mail.yahoo.com mail.aol.com mail.yandex.ru
        mail.yandex.com mail.ru mail.proton.me mail.zoho.com www.icloud.com fastmail.com
        com.google.android.gm com.microsoft.office.outlook com.tencent.androidqqmail com.netease.mail
    """,
    ad="""
        doubleclick.net googleadservices.com googlesyndication.com syndicatedsearch.goog adservice.google.com
        ads.google.com pos.baidu.com cpro.baidu.com e.qq.com gdt.qq.com adsrvr.org criteo.com criteo.net
        taboola.com outbrain.com oceanengine.com tanx.com adnxs.com amazon-adsystem.com
        l.kuaishou.com ads.linkedin.com
    """,
)

# Not visitors sent by a search, although a parent domain in the table above is a search engine
NOT_SEARCH: Final = frozenset(
    {
        "pan.baidu.com", "cloud.baidu.com", "map.baidu.com", "fanyi.baidu.com",
        "news.naver.com", "blog.naver.com", "cafe.naver.com",
    }
)  # fmt: skip

_SEARCH_EVERYWHERE = re.compile(
    r"(?:(?:www|m|images|news|scholar|encrypted|ipv[46])\.)?(?:google|yandex)\.(?:com?\.)?[a-z]{2,3}"
)


def kind_of(host: str) -> Kind | None:
    """The kind of a lower-case host without port, or None if no entry covers it."""
    if host in NOT_SEARCH:
        return None
    parent = host
    while parent:
        if parent in SITES:
            return SITES[parent]
        parent = parent.partition(".")[2]
    return "search" if _SEARCH_EVERYWHERE.fullmatch(host) else None
