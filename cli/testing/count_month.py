"""Counts a month from a gateway's store and holds a package of ssmd report exchange-audit to it."""
import csv, hashlib, io, json, sqlite3, sys, zipfile
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone

package, store, month = sys.argv[1:]
DAY = 86_400_000
zipped = zipfile.ZipFile(package)
assert zipped.testzip() is None
manifest = json.loads(zipped.read("manifest.json"))
assert {f["name"] for f in manifest["files"]} | {"manifest.json"} == set(zipped.namelist())
table = {}
for entry in manifest["files"]:
    content = zipped.read(entry["name"])
    assert hashlib.sha256(content).hexdigest() == entry["sha256"], entry
    assert len(content) == entry["bytes"]
    rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    assert len(rows) == entry["rows"], entry
    table[entry["name"].removesuffix(".csv")] = rows

db = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
use = dict(db.execute("SELECT id, use FROM clients"))
first = datetime.fromisoformat(f"{month}-01").replace(tzinfo=timezone.utc)
days = [first + timedelta(days=i) for i in range(31)]
days = [d for d in days if d.month == first.month]
names = [d.strftime("%Y-%m-%d") for d in days]


def ms(text):
    return round(datetime.fromisoformat(text).timestamp() * 1000) if text else None


def same(name, found, wanted):
    assert found == wanted, f"{name}: {found} is not {wanted}"


lines = [r for r in db.execute("SELECT day, client, feed, type, messages FROM usage") if r[0] in names]
counts = Counter()
for day, client, feed, kind, messages in lines:
    of = use.get(client, "unknown")
    counts["usage", day, client, of, feed, kind] += messages
    counts["usage_by_client", client, of, kind] += messages
    if kind != "request":
        counts["usage_by_feed", feed, kind] += messages
        counts["usage_by_use", of, feed] += messages
packed = Counter()
for name in ("usage", "usage_by_client", "usage_by_feed", "usage_by_use"):
    for row in table[name]:
        packed[(name, *[v for k, v in row.items() if k != "messages"])] += int(row["messages"])
same("usage", packed, counts)

sessions = list(db.execute("SELECT id, client, started_at_ms, ended_at_ms FROM sessions"))
start = int(first.timestamp() * 1000)
end = start + len(days) * DAY
inside = {s[0]: s[1:] for s in sessions if s[2] < end and (s[3] is None or s[3] >= start)}
same("sessions", {r["session"]: (r["client"], ms(r["started"]), ms(r["ended"])) for r in table["sessions"]}, inside)
for day, row in zip(days, table["peak_users"], strict=True):
    begin = int(day.timestamp() * 1000)
    # Whoever is open when somebody comes: a peak is always at such a moment.
    moments = {max(begin, s[1]) for s in inside.values() if s[1] < begin + DAY}
    peak = [0, 0]
    for at in moments:
        here = [c for c, a, b in inside.values() if a <= at and (b is None or at < max(b, a + 1))]
        peak = [max(peak[0], len(set(here))), max(peak[1], len(here))]
    same(f"peak of {row['day']}", [int(row["clients"]), int(row["sessions"])], peak)

given = defaultdict(list)
columns = "client, feed, symbols, types, created_at_ms, expires_at_ms"
past = f"SELECT {columns}, NULL FROM entitlements UNION ALL SELECT {columns}, removed_at_ms FROM removed_entitlements"
for client, feed, symbols, types, since, expires, removed in db.execute(past):
    ends = [e for e in (expires, removed) if e is not None]
    for day in days:
        begin = int(day.timestamp() * 1000)
        if since < begin + DAY and all(e > begin for e in ends):
            row = (client, feed, symbols, types.replace(",", " "), since, min(ends, default=None))
            given[day.strftime("%Y-%m-%d")].append(row)
found = defaultdict(list)
for r in table["entitlements"]:
    row = (r["client"], r["feed"], r["symbols"], r["types"], ms(r["since"]), ms(r["until"]))
    found[r["day"]].append(row)
same("entitlements", {d: sorted(r, key=str) for d, r in found.items()}, {d: sorted(r, key=str) for d, r in given.items()})
print(json.dumps({"files": len(table), "usage": len(lines), "sessions": len(inside), "gaps": len(table["gaps"])}))
