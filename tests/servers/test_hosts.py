"""What a game server may call its host."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.servers.hosts import HostName, InvalidHostName

# As sent, and as listed. The international domains are those of RFC 3492 and of the German registry's examples; the
# IPv6 forms those of RFC 5952, section 4.
ACCEPTED = {
    "https://play.example.org": "https://play.example.org",
    "https://play.example.org/": "https://play.example.org/",
    "https://play.example.org:8443/savage?a=1&b=2#top": "https://play.example.org:8443/savage?a=1&b=2#top",
    "https://play.example.org?a=b@c": "https://play.example.org?a=b@c",
    "https://play.example.org/@mira": "https://play.example.org/@mira",
    "HTTPS://Play.Example.ORG": "HTTPS://Play.Example.ORG",
    "https://a_b.example.org": "https://a_b.example.org",
    "https://example.org.": "https://example.org.",
    "https://203.0.113.20": "https://203.0.113.20",
    "https://203.0.113.20:11235": "https://203.0.113.20:11235",
    "https://[2001:db8::1]": "https://[2001:db8::1]",
    "https://[2001:db8::1]:8443/x": "https://[2001:db8::1]:8443/x",
    "https://bücher.example": "https://xn--bcher-kva.example",
    "https://Bücher.example:8443/ä": "https://xn--bcher-kva.example:8443/ä",
    "https://straße.example": "https://xn--strae-oqa.example",
    "https://пример.рф": "https://xn--e1afmkfd.xn--p1ai",
    "https://xn--e1afmkfd.xn--p1ai": "https://xn--e1afmkfd.xn--p1ai",
    " https://play.example.org ": "https://play.example.org",
    "203.0.113.20": "203.0.113.20",
    " 203.0.113.20 ": "203.0.113.20",
    "10.0.0.67": "10.0.0.67",
    "127.0.0.1": "127.0.0.1",
    "2001:db8::1": "2001:db8::1",
    "2001:DB8:0:0::1": "2001:db8::1",
    "2001:0db8:0000:0000:0000:0000:0002:0001": "2001:db8::2:1",
    "2001:db8:0:0:1:0:0:1": "2001:db8::1:0:0:1",
    "::1": "::1",
}

REFUSED = [
    "",
    " ",
    "play.example.org",
    "play.example.org:8443",
    "http://play.example.org",
    "http://203.0.113.20",
    "ftp://play.example.org",
    "javascript:alert(1)",
    "javascript://play.example.org/%0aalert(1)",
    "https://",
    "https:///x",
    "https:play.example.org",
    "https://localhost",
    "https://localhost:8443",
    "https://example.1",
    "https://example.o",
    "https://example..org",
    "https://.example.org",
    "https://-example.org",
    "https://example-.org",
    "https://exa mple.org",
    "https://exa%6Dple.org",
    "https://example.org\\@evil.example",
    "https://example.org:0",
    "https://example.org:65536",
    "https://example.org:99999999999",
    "https://example.org:",
    "https://example.org:8443x",
    "https://example.org:８４４３",
    "https://mira@example.org",
    "https://mira:secret@example.org",
    "https://203.0.113.256",
    "https://203.0.113",
    "https://1",
    "https://[2001:db8::g]",
    "https://[203.0.113.20]",
    "https://[fe80::1%eth0]",
    "https://[]",
    "https://2001:db8::1",
    "https://example.org/a b",
    "https://example.org/a\nb",
    "https://example.org/\x00",
    "https://example.org/\u202egnp.exe",
    "https://example.org/\ud800",
    "https://" + "a" * 64 + ".org",
    "https://" + "a." * 130 + "org",
    "https://example.org/" + "a" * 2083,
    "https://xn--\u00e9.org",
    "https://\u2260.example",
    "203.0.113.256",
    "203.0.113",
    "203.0.113.20:11235",
    "203.0.113.020",
    "16909060",
    "0x7f000001",
    "١٠.0.0.1",
    "2001:db8::g",
    "2001:db8::1::2",
    "[2001:db8::1]",
    "fe80::1%eth0",
    "fe80::1%<script>",
    "/etc/passwd",
]


@pytest.mark.parametrize(("sent", "listed"), ACCEPTED.items())
def test_a_server_may_be_reached_by_an_https_url_or_an_ip_address(sent: str, listed: str) -> None:
    assert HostName.parse(sent).text == listed


@pytest.mark.parametrize("sent", REFUSED)
def test_nothing_else_is_a_host(sent: str) -> None:
    with pytest.raises(InvalidHostName):
        HostName.parse(sent)


@pytest.mark.parametrize("sent", ["http://example.org", "https://mira@example.org", "203.0.113.256", "2001:db8::g"])
def test_a_refusal_says_why_it_is_no_url_no_ipv4_and_no_ipv6_address(sent: str) -> None:
    with pytest.raises(InvalidHostName) as refusal:
        HostName.parse(sent)
    assert list(refusal.value.reasons) == ["url", "ipv4address", "ipv6address"]
    assert all(refusal.value.reasons.values())


def test_the_refusal_of_a_url_names_what_is_wrong_with_it() -> None:
    reasons = {
        "http://example.org": "URL scheme not permitted, use https",
        "https://localhost": "URL host invalid, top level domain required",
        "https://mira:secret@example.org": "user info is not permitted in the URL",
        "https://example.org:65536": "URL port invalid, it must be 1 to 65535",
    }
    for sent, reason in reasons.items():
        with pytest.raises(InvalidHostName) as refusal:
            HostName.parse(sent)
        assert refusal.value.reasons["url"] == reason


@given(st.ip_addresses(v=4))
def test_every_ipv4_address_is_a_host_and_stays_as_it_is(address: ipaddress.IPv4Address) -> None:
    assert HostName.parse(str(address)).text == str(address)


@given(st.ip_addresses(v=6))
def test_every_spelling_of_an_ipv6_address_is_listed_as_the_shortest(address: ipaddress.IPv6Address) -> None:
    for spelling in (address.compressed, address.exploded, address.exploded.upper()):
        assert HostName.parse(spelling).text == address.compressed


_LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True).filter(lambda label: label[2:4] != "--")


@given(st.lists(_LABEL, min_size=1, max_size=4), st.sampled_from(["org", "example", "io"]), st.integers(1, 65535))
def test_every_domain_with_a_port_is_a_host_and_stays_as_it_is(labels: list[str], top: str, port: int) -> None:
    url = f"https://{'.'.join(labels)}.{top}:{port}/path"
    assert HostName.parse(url) == HostName(url, port)


@given(st.text() | st.text(alphabet="htps:/[]@.0159afxn-%#?\\ ").map("https://{}".format))
def test_any_text_is_a_host_or_refused_and_a_host_stays_the_host_it_is(text: str) -> None:
    try:
        host = HostName.parse(text)
    except InvalidHostName:
        return
    assert HostName.parse(host.text) == host
    assert host.text == host.text.strip()
    assert "@" not in host.text.partition("://")[2].partition("/")[0].partition("?")[0].partition("#")[0]


# What an administrator may name, and the port it stands for.
SITES = {
    "http://localhost": 80,
    "http://localhost:8123": 8123,
    "HTTP://go.example.org": 80,
    "https://go.example.org": 443,
    "https://go.example.org:8443/play": 8443,
    "https://go": 443,
    "203.0.113.20": 443,
    "2001:db8::1": 443,
}


@pytest.mark.parametrize(("url", "port"), SITES.items())
def test_an_administrator_may_also_name_http_and_hosts_of_the_own_network(url: str, port: int) -> None:
    site = HostName.of_site(url)
    assert (str(site), site.usual_port) == (url, port)


@pytest.mark.parametrize("url", ["", "go.example.org", "ftp://go.example.org", "http://mira@go.example.org"])
def test_an_administrator_may_not_name_anything_else(url: str) -> None:
    with pytest.raises(InvalidHostName):
        HostName.of_site(url)
