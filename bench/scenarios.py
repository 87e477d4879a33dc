"""What is run, with which servers, and what is taken from each run.

A scenario is one way of using a server; every round runs each of its servers once, freshly started.
"""

from dataclasses import dataclass, field

from servers import (Ceiling, Inspircd, Madangd, MadangdIrc, MadangdIrcMix, MadangdPaced,
                     MadangdTraced, MadangdTwo, Nats, Ngircd, Redis)


@dataclass
class Scenario:
    """One way of using a server."""

    key: str
    title: str
    servers: list
    load: dict  # options of the load generator
    columns: list  # (key of its output, heading, format)
    rounds: int = 0  # 0: as many as asked for
    notes: str = ""
    by_server: dict = field(default_factory=dict)  # options that differ for one server
    check_store: bool = False


CPU = ("us_per_delivery", "CPU µs per delivery", "{:.4f}")
PER_MESSAGE = ("us_per_message", "CPU µs per message", "{:.1f}")
RATE = ("delivered_per_s", "deliveries per s", "{:,.0f}")
MESSAGES = ("messages_per_s", "messages per s", "{:,.0f}")
SERVER = ("server_cpu", "server CPU", "{:.2f}")
OWN = ("own_cpu", "generator CPU", "{:.2f}")
P50 = ("p50_us", "p50 µs", "{:,.0f}")
P99 = ("p99_us", "p99 µs", "{:,.0f}")

PEERS = [Redis, Nats, Inspircd, Ngircd]

SCENARIOS = [
    Scenario(
        "loaded100", "Loaded, 100 members: 4 writers with 64 messages in flight each",
        [Ceiling, Madangd, MadangdTwo, MadangdIrcMix] + PEERS, {"members": 100}, [CPU, RATE, PER_MESSAGE, SERVER, OWN]),
    Scenario(
        "loaded1000", "Loaded, 1,000 members: 4 writers with 64 messages in flight each",
        [Ceiling, Madangd, MadangdTwo, MadangdIrcMix] + PEERS, {"members": 1000}, [CPU, RATE, PER_MESSAGE, SERVER, OWN]),
    Scenario(
        "unloaded", "Unloaded, 1,000 members: 20 messages a second",
        [Ceiling, Madangd, MadangdIrc] + PEERS,
        {"mode": "paced", "members": 1000, "rate": 20, "run": 6000},
        [CPU, P50, P99, SERVER, OWN]),
    Scenario(
        "pace", "Flush pacing, 100 members: 1,000 messages a second",
        [Ceiling, Madangd, MadangdPaced], {"mode": "paced", "members": 100, "rate": 1000},
        [CPU, P50, P99, SERVER, OWN]),
    Scenario(
        "loaded10000", "Loaded, 10,000 members in one room",
        [Ceiling, Madangd], {"members": 10000, "sources": 8}, [CPU, RATE, PER_MESSAGE, SERVER, OWN]),
    Scenario(
        "joins", "10,000 clients join the lobby, each printed and counted",
        [Madangd], {"mode": "joins", "members": 10000, "sources": 8},
        [("joins_per_s", "joins per s", "{:,.0f}"), ("us_per_join", "CPU µs per join", "{:.1f}"),
         SERVER, OWN]),
    Scenario(
        "idle", "Memory: 10,000 connections (IRC servers: 1,000, since there each join is told to all)",
        [Ceiling, Madangd, MadangdIrc] + PEERS,
        {"mode": "idle", "members": 10000, "sources": 8, "run": 2000},
        [("kib_per_connection", "KiB per idle connection", "{:.2f}"),
         ("empty_kib", "empty KiB", "{:,.0f}"), ("idle_kib", "idle KiB", "{:,.0f}"),
         ("peak_kib", "peak KiB in a burst", "{:,.0f}"),
         ("after_burst_kib", "idle after it KiB", "{:,.0f}"), ("left_kib", "all have left KiB", "{:,.0f}"),
         ("idle_cpu", "CPU idle", "{:.4f}")],
        by_server={"madangd, IRC": {"members": 4000}, "inspircd": {"members": 1000},
                   "ngircd": {"members": 1000}}),
    Scenario(
        "entries", "10,000 register on IRC, each into a room of its own",
        [MadangdIrc], {"mode": "entries", "members": 10000, "sources": 8},
        [("entries_per_s", "entries per s", "{:,.0f}"), ("us_per_entry", "CPU µs per entry", "{:.1f}"),
         ("peak_mib", "peak RSS MiB", "{:.1f}"), SERVER, OWN]),
    Scenario(
        "crowd", "10,000 register on IRC and enter one room, each told of all the others",
        [MadangdIrc], {"mode": "crowd", "members": 10000, "sources": 8},
        [("seconds", "seconds", "{:.1f}"), ("us_per_entry", "CPU µs per entry", "{:.1f}"),
         ("peak_mib", "peak RSS MiB", "{:.1f}"), SERVER, OWN], rounds=3),
    Scenario(
        "ping", "One writer, one reader, one message under way",
        [Ceiling, Madangd], {"members": 2, "writers": 1, "in-flight": 1}, [P50, P99, PER_MESSAGE]),
    Scenario(
        "store", "Stored before shown: 8 writers with 512 messages in flight each, 10 members",
        [Madangd], {"members": 10, "writers": 8, "in-flight": 512},
        [MESSAGES, PER_MESSAGE, P50, P99, SERVER, OWN], check_store=True),
    Scenario(
        "flushes", "The same under `strace -c`, which counts the flushes",
        [MadangdTraced], {"members": 10, "writers": 8, "in-flight": 512},
        [MESSAGES, ("flushes", "flushes", "{:,.0f}"), ("per_flush", "messages per flush", "{:.0f}")],
        rounds=1, check_store=True),
    Scenario(
        "stalled", "1,000 of 1,100 members stop reading: 500 messages a second for the others",
        [Madangd],
        {"mode": "stalled", "members": 100, "rate": 500, "stalled": 1000, "run": 6000},
        [("alone_p99_us", "p99 µs without them", "{:,.0f}"), ("p99_us", "p99 µs with them", "{:,.0f}"),
         ("stalled_at_begin", "stalled, at first", "{:.0f}"), ("stalled_at_end", "at the end", "{:.0f}"),
         ("rss_alone_kib", "RSS KiB without", "{:,.0f}"), ("rss_kib", "highest RSS KiB", "{:,.0f}"),
         ("tcp_kib", "highest TCP KiB", "{:,.0f}")]),
]


@dataclass
class Figure:
    """One of the promises: what was measured and whether it is kept."""

    number: str
    what: str
    target: str
    measured: str
    met: object  # True, False, or None where it was not measured


def middle(values):
    """The median."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


class Results:
    """runs[scenario][server] is a list of what each round gave; base is commit's, per round."""

    def __init__(self):
        self.runs = {}
        self.base = []
        self.missing = {}

    def values(self, scenario, server, key):
        """One value a round, empty if not measured."""
        return [run[key] for run in self.runs.get(scenario, {}).get(server, []) if key in run]

    def ratios(self, scenario, one, other, key):
        """Round by round, so that what slows a whole round slows both."""
        return [a / b for a, b in zip(self.values(scenario, one, key),
                                      self.values(scenario, other, key)) if b]

    def base_value(self, key):
        """Median of the baseline."""
        return middle([row[key] for row in self.base]) if self.base else None


def spread(values, form="{:.2f}"):
    """Median, lowest and highest."""
    if not values:
        return "–"
    return f"{form.format(middle(values))} ({form.format(min(values))}–{form.format(max(values))})"


def at_most(number, what, values, limit, form="{:.2f}"):
    """A figure that must not be passed."""
    return Figure(number, what, f"at most {form.format(limit)}", spread(values, form),
                  middle(values) <= limit if values else None)


def at_least(number, what, values, limit, form="{:.2f}"):
    """A figure that must be reached."""
    return Figure(number, what, f"at least {form.format(limit)}", spread(values, form),
                  middle(values) >= limit if values else None)


def figures_speed(results):
    """Figures 1 to 4."""
    cpu = "us_per_delivery"
    rows = [
        at_most("1", "CPU per delivery, loaded, 1,000 members, over the ceiling's",
                results.ratios("loaded1000", "madangd", "ceiling", cpu), 1.5),
        at_most("1", "the same with 100 members", results.ratios("loaded100", "madangd", "ceiling", cpu), 2.5),
        at_least("1", "deliveries per s, 1,000 members, over the ceiling's",
                 results.ratios("loaded1000", "madangd", "ceiling", "delivered_per_s"), 0.5),
        at_least("1", "deliveries per s, 100 members, over the ceiling's",
                 results.ratios("loaded100", "madangd", "ceiling", "delivered_per_s"), 0.5),
        at_least("1", "Redis's CPU per delivery over ours, 1,000 members",
                 results.ratios("loaded1000", "redis", "madangd", cpu), 3),
        at_least("1", "InspIRCd's CPU per delivery over ours, 1,000 members",
                 results.ratios("loaded1000", "inspircd", "madangd", cpu), 5),
        at_most("2", "CPU per delivery, unloaded, over the ceiling's",
                results.ratios("unloaded", "madangd", "ceiling", cpu), 1.15),
    ]
    flush = results.base_value("flush_p50_us")
    ceiling = results.values("unloaded", "ceiling", "p99_us")
    if flush and ceiling:
        rows.append(at_most("2", "p99, unloaded, µs (1.3 times the ceiling's and a flush)",
                            results.values("unloaded", "madangd", "p99_us"),
                            1.3 * middle(ceiling) + flush, "{:,.0f}"))
    paced, plain = "madangd, pace_ms = 5", "madangd"
    rows.append(at_most("3", "CPU paced over unpaced, 100 members, 1,000 messages a second",
                        results.ratios("pace", paced, plain, cpu), 0.6))
    rows.append(at_most("3", "p99 that pacing adds, ms",
                        [(a - b) / 1e3 for a, b in zip(results.values("pace", paced, "p99_us"),
                                                       results.values("pace", plain, "p99_us"))], 5))
    rows.append(at_most("4", "CPU per delivery, 10,000 members, over the ceiling's",
                        results.ratios("loaded10000", "madangd", "ceiling", cpu), 1.5))
    rows.append(at_least("4", "joins per s", results.values("joins", "madangd", "joins_per_s"), 8000,
                         "{:,.0f}"))
    return rows


def figures_rest(results):
    """Figures 5 to 8."""
    rows = [
        at_most("5", "KiB of RSS per idle connection",
                results.values("idle", "madangd", "kib_per_connection"), 1.0),
        at_most("5", "RSS idle after a burst over RSS idle before it",
                [a / b for a, b in zip(results.values("idle", "madangd", "after_burst_kib"),
                                       results.values("idle", "madangd", "idle_kib"))], 1.1),
    ]
    commit, wakeup = results.base_value("commit_p50_us"), results.base_value("wakeup_p50_us")
    if commit:
        base = [row["commit_p50_us"] + 3 * row["wakeup_p50_us"] for row in results.base]
        rows.append(at_most(
            "6", f"median of one writer, one reader, over a commit ({commit:.0f} µs) and 3 wake-ups "
            f"({wakeup:.1f} µs each)",
            [a / b for a, b in zip(results.values("ping", "madangd", "p50_us"), base)], 1.2))
    rows.append(at_least("6", "messages per s stored before shown",
                         results.values("store", "madangd", "messages_per_s"), 50000, "{:,.0f}"))
    rows.append(at_most(
        "7", "p99 of the others with 1,000 stalled readers over that without",
        [a / b for a, b in zip(results.values("stalled", "madangd", "p99_us"),
                               results.values("stalled", "madangd", "alone_p99_us"))], 1.2))
    rows.append(at_most("7", "stalled readers still connected at the end",
                        results.values("stalled", "madangd", "stalled_at_end"), 0, "{:.0f}"))
    rows.append(at_most(
        "7", "KiB of RSS that a stalled reader costs at most",
        [(with_them - without) / 1000 for with_them, without in
         zip(results.values("stalled", "madangd", "rss_kib"),
             results.values("stalled", "madangd", "rss_alone_kib"))], 256, "{:.1f}"))
    for key, members in (("loaded100", "100"), ("loaded1000", "1,000")):
        rows.append(at_most(
            "8", f"CPU per delivery, two workers on two cores over one, {members} members",
            results.ratios(key, "madangd, 2 workers", "madangd", "us_per_delivery"), 1.3))
    return rows


def figures_irc(results):
    """The IRC door's."""
    cpu, mixed, irc = "us_per_delivery", MadangdIrcMix.name, MadangdIrc.name
    return [
        at_most("IRC", "CPU per delivery, loaded, 1,000 members in two dialects, over the ceiling's",
                results.ratios("loaded1000", mixed, "ceiling", cpu), 2.0),
        at_most("IRC", "the same with 100 members",
                results.ratios("loaded100", mixed, "ceiling", cpu), 3.0),
        at_least("IRC", "InspIRCd's CPU per delivery over ours, 1,000 members in two dialects",
                 results.ratios("loaded1000", "inspircd", mixed, cpu), 5),
        at_most("IRC", "CPU per delivery, unloaded, over the ceiling's",
                results.ratios("unloaded", irc, "ceiling", cpu), 1.15),
        at_most("IRC", "KiB of RSS per idle connection",
                results.values("idle", irc, "kib_per_connection"), 2.0),
        at_least("IRC", "registrations per s, each into its own room",
                 results.values("entries", irc, "entries_per_s"), 8000, "{:,.0f}"),
        at_most("IRC", "seconds for 10,000 into one room",
                results.values("crowd", irc, "seconds"), 45, "{:.1f}"),
        at_most("IRC", "peak RSS of that, MiB", results.values("crowd", irc, "peak_mib"), 200, "{:.0f}"),
    ]


def figures(results):
    """All, in order."""
    return figures_speed(results) + figures_rest(results) + figures_irc(results)
