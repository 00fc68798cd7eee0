"""Friends are told from what fetches links, by what each calls itself."""

from __future__ import annotations

from typing import Final

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from referrals_webhook.visitor import ROBOTS_SAY, is_friend

IPHONE: Final = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15"
ANDROID: Final = "Mozilla/5.0 (Linux; Android 14; SM-S918B Build/UP1A; wv) AppleWebKit/537.36"
MAC: Final = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15"
LIKE: Final = "(KHTML, like Gecko)"
FACEBOOK: Final = "[FBAN/FBIOS;FBAV/489.0.0.45.104;FBDV/iPhone14,5;FBSN/iOS;FBCR/;FBLC/en_US]"

FRIENDS: Final = {
    "Safari": f"{IPHONE} {LIKE} Version/18.1 Mobile/15E148 Safari/604.1",
    "Safari on a Mac": f"{MAC} {LIKE} Version/18.1 Safari/605.1.15",
    "Chrome": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Mobile Safari/537.36",
    "Chrome on an iPhone": f"{IPHONE} {LIKE} CriOS/131.0 Mobile/15E148 Safari/604.1",
    "Firefox": "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Edge": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
    "Samsung": f"{ANDROID} {LIKE} SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36",
    "Google's app": f"{IPHONE} {LIKE} GSA/319.0 Mobile/15E148 Safari/604.1",
    "DuckDuckGo": f"{IPHONE} {LIKE} Version/17.5 Mobile/15E148 DuckDuckGo/7 Safari/605.1.15",
    "Facebook's app": f"{IPHONE} {LIKE} Mobile/22B91 {FACEBOOK}",
    "Instagram's": f"{IPHONE} {LIKE} Mobile/15E148 Instagram 339.0 (iPhone14,5; en_US; 6180)",
    "WhatsApp's": f"{ANDROID} {LIKE} Version/4.0 Chrome/130.0 Mobile Safari/537.36 WhatsApp/2.24",
    "LINE's": f"{IPHONE} {LIKE} Mobile/15E148 Safari Line/14.9.0",
    "Snapchat's": f"{IPHONE} {LIKE} Mobile/15E148 Snapchat/12.90 (like Safari/8617.1.1, panda)",
    "X's": f"{IPHONE} {LIKE} Mobile/15E148 Twitter for iPhone/10.45",
    "Pinterest's": f"{IPHONE} {LIKE} Mobile/15E148 [Pinterest/iOS]",
    "TikTok's": f"{ANDROID} {LIKE} Version/4.0 Chrome/117.0 Mobile Safari/537.36 "
    "musical_ly_2022803040 BytedanceWebview/d8a21c6",
    "a telephone called so": "Mozilla/5.0 (Linux; Android 9; CUBOT NOTE 20) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
}
ROBOTS: Final = {
    "nobody": "",
    "iMessage": f"{MAC} {LIKE} Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot "
    "Twitterbot/1.0",
    "Android Messages": "Mozilla/5.0 (compatible; Google-Messages-Preview)",
    "WhatsApp, and Signal": "WhatsApp/2.23.20.0 A",
    "Telegram": "TelegramBot (like TwitterBot)",
    "Facebook and Messenger": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit)",
    "Meta": "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters)",
    "X": "Twitterbot/1.0",
    "Slack": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Discord": "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "Apple": f"{MAC} {LIKE} Version/13.1.1 Safari/605.1.15 (Applebot/0.1)",
    "Skype and Teams": "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "LinkedIn": "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient)",
    "Google's reader": "Mozilla/5.0 (Linux; Android 7.0; SM-G930V) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/59.0 Mobile Safari/537.36 (compatible; Google-Read-Aloud)",
    "Gmail's images": "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 "
    "(via ggpht.com GoogleImageProxy)",
    "Viber": "Viber/13.3.0.5 CFNetwork/1410.0.3 Darwin/22.6.0",
    "Snapchat": "Snap URL Preview Service; bot; snapchat; https://developers.snap.com/robots",
    "Pinterest": "Mozilla/5.0 (compatible; Pinterestbot/1.0; +http://www.pinterest.com/bot.html)",
    "Reddit": "Mozilla/5.0 (compatible; redditbot/1.0; +http://www.reddit.com/feedback)",
    "LINE": "facebookexternalhit/1.1;line-poker/1.0",
    "KakaoTalk": "facebookexternalhit/1.1; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/",
    "VK": "Mozilla/5.0 (compatible; vkShare; +http://vk.com/dev/Share)",
    "Bluesky": "Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)",
    "Mastodon": "Mastodon/4.3.0 (http.rb/5.2.0; +https://mastodon.social/)",
    "Outlook's scanner": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Safari/537.36 UrlScan",
    "a mail gateway": "Mozilla/5.0 (compatible; Proofpoint URL Defense)",
    "a search engine": "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot)",
    "a headless browser": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120",
    "a probe": f"{MAC} {LIKE} Chrome/138.0.0.0 Safari/537.36 DatadogSynthetics",
    "a script": "python-requests/2.31.0",
    "curl": "curl/8.5.0",
    "too long a name": f"{IPHONE} {LIKE}{' Safari/604.1' * 50}",
}
MET: Final = [name for kind in CRAWLER_USER_AGENTS_DATA for name in kind.get("instances", ())]
BROWSER: Final = FRIENDS["Safari"].encode()


def named(name: bytes, *headers: tuple[bytes, bytes], method: str = "GET") -> bool:
    return is_friend(method, [(b"host", b"x"), (b"user-agent", name), *headers])


@pytest.mark.parametrize("name", FRIENDS)
def test_what_friends_use_is_known(name: str) -> None:
    assert named(FRIENDS[name].encode())


@pytest.mark.parametrize("name", ROBOTS)
def test_what_fetches_links_is_known(name: str) -> None:
    assert not named(ROBOTS[name].encode())


@pytest.mark.parametrize(
    "header",
    [
        (b"sec-purpose", b"prefetch"),
        (b"sec-purpose", b"prefetch;prerender"),
        (b"purpose", b"prefetch"),
        (b"x-purpose", b"preview"),
        (b"x-moz", b"prefetch"),
    ],
)
def test_who_only_fetches_it_ahead_has_not_followed_it(header: tuple[bytes, bytes]) -> None:
    assert not named(BROWSER, header)


def test_nor_has_who_asks_for_the_head() -> None:
    assert not named(BROWSER, method="HEAD")


def test_who_has_no_name_or_two_is_no_friend() -> None:
    assert not is_friend("GET", [])
    assert not named(BROWSER, (b"user-agent", BROWSER))


@pytest.mark.parametrize("word", ROBOTS_SAY)
def test_each_word_tells_a_robot_that_no_other_does(word: str) -> None:
    assert any(tells(name.lower()) == [word] for name in (*MET, *ROBOTS.values()))


def tells(name: str) -> list[str]:
    """Return the words that tell a robot which calls itself a browser."""
    return [word for word in ROBOTS_SAY if word in name] if name[:13] == "mozilla/5.0 (" else []


def test_of_the_robots_that_others_have_met_few_pass() -> None:
    """Of those few some are people, as Instagram's browser; that is why the list is not asked."""
    passed = [name for name in MET if named(name.encode())]
    assert len(MET) > 2000
    assert len(passed) < 0.03 * len(MET), "\n".join(passed)
