"""Whether a licence lets its holder's rows be passed on, changed as they are here: closed lists, and no guessing.

A licence that stands in neither list is unknown, and somebody has to read it. Where several are stated, each must allow
it, since nobody says which rows are under which. That use is limited (no commerce, the same licence for what is made of
it) forbids no publication: the card and its front matter state the licence.
"""

import re
from typing import Literal

Permission = Literal["allowed", "forbidden", "unknown", "unstated"]

_ALLOWED = {
    *("apache-2.0", "mit", "mit-0", "isc", "unlicense", "wtfpl", "0bsd", "bsd-2-clause", "bsd-3-clause", "mpl-2.0"),
    *("cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-2.0", "cc-by-sa-3.0", "cc-by-sa-4.0"),
    *("cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0"),
    *("odc-by", "odc-by-1.0", "odbl", "odbl-1.0", "pddl", "pddl-1.0", "c-uda", "c-uda-1.0"),
    *("cdla-sharing-1.0", "cdla-permissive-1.0", "cdla-permissive-2.0"),
    *("gpl-2.0", "gpl-3.0", "lgpl-3.0", "agpl-3.0", "gfdl", "openrail"),
}
_FORBIDDEN = {
    *("cc-by-nd-2.0", "cc-by-nd-3.0", "cc-by-nd-4.0", "cc-by-nc-nd-2.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0"),
    *("proprietary", "all-rights-reserved", "no-licence", "no-license", "unlicensed", "no-redistribution"),
    *("internal", "confidential"),
}
"""Where nothing changed may be passed on, a selection with new solutions may not be, either."""
_OTHER_NAMES = {
    **dict.fromkeys(("apache-license-2.0", "apache-license,-version-2.0", "apache-license-version-2.0"), "apache-2.0"),
    **dict.fromkeys(("apache2.0", "apache2", "apache-2"), "apache-2.0"),
    **dict.fromkeys(("mit-license", "mit-licence", "the-mit-license"), "mit"),
    **dict.fromkeys(("cc0", "cc-0", "cc0-1.0-universal"), "cc0-1.0"),
    **dict.fromkeys(("open-data-commons-attribution-license", "odc-by-v1.0"), "odc-by"),
    "https://www.apache.org/licenses/license-2.0": "apache-2.0",
    "https://opendatacommons.org/licenses/by/1-0": "odc-by",
    "https://creativecommons.org/publicdomain/zero/1.0": "cc0-1.0",
}
_CC_ADDRESS = re.compile(r"https://(?:www\.)?creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)(?:/.*)?")
_OSI_ADDRESS = re.compile(r"https://(?:www\.)?opensource\.org/licenses?/([a-z0-9.-]+)")
_TAIL = re.compile(r"(?:/|/legalcode(?:\.[a-z]+)?|\.txt|\.html)$")
_BLANKS = re.compile(r"[\s_]+")
_SPDX_SUFFIX = re.compile(r"-(only|or-later)$")
_SEVERAL = re.compile(r"[,;|]|\s(?:and|or)\s", re.IGNORECASE)
_LIST_MARKS = "[](){}'\" \t\n"


def permission(stated: str, redistributable: frozenset[str] = frozenset()) -> Permission:
    """What a licence says about passing its rows on.

    Args:
        stated: as the source states it: a name of the Hub, of SPDX, an address, several of them, or anything else.
        redistributable: names of unknown licences that somebody has read and found to allow it.
    """
    whole, known = canonical(stated), frozenset(map(canonical, redistributable))
    names = {name for part in _SEVERAL.split(stated) if (name := canonical(part))}
    if not names:
        return "unstated"
    if _FORBIDDEN & {whole, *names}:
        return "forbidden"
    allowed = _ALLOWED | known
    return "allowed" if whole in allowed or names <= allowed else "unknown"


def canonical(stated: str) -> str:
    """A licence's name as the lists have it: small letters, dashes for blanks, and one name for one licence."""
    name = _BLANKS.sub("-", stated.strip(_LIST_MARKS).casefold())
    if name.startswith(("http://", "https://")):
        name = _TAIL.sub("", name.replace("http://", "https://", 1))
        if found := _CC_ADDRESS.fullmatch(name):
            return f"cc-{found[1]}-{found[2]}"
        if found := _OSI_ADDRESS.fullmatch(name):
            name = found[1]
    name = _SPDX_SUFFIX.sub("", name)
    return _OTHER_NAMES.get(name, name)
