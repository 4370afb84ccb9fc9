#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The matrix of paths on which XTCP is compared with the kernel's TCP.

paths.py plan [OPTION=VALUE]...       lines for paths.sh, the dearest first
paths.py report PLAN DIRECTORY        tables; paths.json and paths.svg, from DIRECTORY's *.jsonl
paths.py check PLAN DIRECTORY         for paths_test.sh: lines of "ok" or "bad" and a description
"""

import json
import pathlib
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass

PACKET = 1514           # bytes, a full segment on the wire
RATES = (2, 20, 200)    # Mbit/s
RTTS = (2, 40, 200)     # milliseconds
LOSSES = (0, 0.1, 1, 3)  # percent
REORDERS = (0, 10)      # percent
DEPTHS = (0.25, 1, 4)   # queues, in products of rate and round-trip time
QUEUE_MIN = 20          # packets: what any router has
RACE = "xtcp=ordinary kernel=kernel noise=kernel"
# What is to be reached, and a cell may be below because of chance alone.
LEAST, MEDIAN, RETRANS = 0.95, 1.02, 1.1
FAIR = (0.8, 1.25)

# A few cells as a test: (Mbit/s, ms, loss, reorder). Any change shifts what a loss hits, and so a
# cell's goodput: each has some room, all of them together have little.
TEST_CELLS = ((2, 40, 0, 0), (2, 40, 1, 0), (2, 40, 3, 0),
              (2, 40, 0, 10), (2, 40, 1, 10), (2, 40, 3, 10),
              (2, 200, 0, 0), (2, 200, 1, 0), (2, 200, 0, 10), (2, 200, 1, 10),
              (20, 40, 1, 0), (20, 200, 1, 0))
TEST_LEAST, TEST_MEAN, TEST_RETRANS = 0.75, 0.95, 1.1


@dataclass(frozen=True)
class Cell:
    """A path, and what runs over it."""
    name: str
    rate_kbit: int
    rtt_ms: int
    loss: float
    reorder: float
    queue: int          # bytes
    ms: int
    interval_ms: int
    congestion: str
    buffer: int         # bytes, SO_SNDBUF and SO_RCVBUF; 0: what comes by itself
    seeds: int
    sets: str

    def line(self):
        return " ".join(str(value) for value in asdict(self).values())

    @staticmethod
    def parse(line):
        words = line.split(None, 11)
        kinds = (str, int, int, float, float, int, int, int, str, int, int, str)
        return Cell(*(kind(word.strip()) for kind, word in zip(kinds, words)))


def product(rate, rtt):
    """Bytes that are under way on a path that is full."""
    return int(rate * 1e6 / 8 * rtt / 1e3)


def make_cell(group, congestion, rate, rtt, loss, reorder, queue, seeds, sets=RACE, ms=0,
              buffer=None):
    name = "-".join(str(part) for part in (group, congestion, rate, rtt, loss, reorder,
                                           queue // PACKET))
    if buffer is None:
        buffer = 2 * (product(rate, rtt) + queue) + (256 << 10)
    return Cell(name, rate * 1000, rtt, loss, reorder, queue, ms or 10000 + 50 * rtt, 1000,
                congestion, buffer, seeds, sets)


def plan_paths(congestion, seeds):
    for rate in RATES:
        for rtt in RTTS:
            queue = max(product(rate, rtt), QUEUE_MIN * PACKET)
            for loss in LOSSES:
                for reorder in REORDERS:
                    # Where nothing depends on chance, one run is as good as many.
                    yield make_cell("path", congestion, rate, rtt, loss, reorder, queue,
                                    seeds if loss or reorder else 1)
            yield make_cell("auto", congestion, rate, rtt, 0, 0, queue, 1, buffer=0)


def plan_clean(congestion):
    """The peer's window keeps the flow from filling the queue, so that nothing is lost."""
    for rate in RATES:
        for reorder in REORDERS:
            bdp = product(rate, RTTS[-1])
            yield make_cell("clean", congestion, rate, RTTS[-1], 0, reorder, 4 * bdp, 1, buffer=bdp)


def plan_queues(congestion):
    for rate in RATES[1:]:
        for rtt in RTTS[1:]:
            for depth in DEPTHS:
                queue = max(int(product(rate, rtt) * depth), 4 * PACKET)
                yield make_cell("queue", congestion, rate, rtt, 0, 0, queue, 1)


def plan_fairness(congestion, seeds):
    """Two flows over one path; what counts is the second half of the time. A little loss, so that
    it is not one rhythm of the two that is measured. Who loses when the queue is full is a matter
    of chance, and has an effect for long: one run says little."""
    sets = ("xtcp-first=ordinary+kernel@5000 kernel-first=kernel+ordinary@5000 "
            "both-xtcp=ordinary+ordinary@5000 both-kernel=kernel+kernel@5000")
    for rtt in RTTS[1:]:
        queue = max(product(20, rtt), QUEUE_MIN * PACKET)
        yield make_cell("fair", congestion, 20, rtt, 0.01, 0, queue, 2 * seeds, sets,
                        ms=60000 + 300 * rtt)


def plan_test(congestion):
    for rate, rtt, loss, reorder in TEST_CELLS:
        queue = max(product(rate, rtt), QUEUE_MIN * PACKET)
        yield make_cell("test", congestion, rate, rtt, loss, reorder, queue,
                        2 if loss or reorder else 1, "xtcp=ordinary kernel=kernel",
                        ms=4000 + 20 * rtt)


def plan(options):
    seeds = int(options.get("seeds", 10))
    wanted = options.get("groups", "path,auto,queue,clean,fair").split(",")
    cells = []
    for congestion in options.get("cc", "reno,cubic,bbr").split(","):
        cells += plan_paths(congestion, seeds)
        cells += plan_queues(congestion)
        cells += plan_clean(congestion)
        cells += plan_fairness(congestion, seeds)
        cells += plan_test(congestion)
    for key, value in options.items():
        if key in ("rate", "rtt", "loss", "reorder"):
            field = {"rate": "rate_kbit", "rtt": "rtt_ms"}.get(key, key)
            values = [float(word) * (1000 if key == "rate" else 1) for word in value.split(",")]
            cells = [cell for cell in cells if getattr(cell, field) in values]
    cells = [cell for cell in cells if cell.name.split("-")[0] in wanted]
    # Where there is loss a flow seldom fills the path.
    cells.sort(key=lambda cell: -cell.rate_kbit * cell.ms * cell.seeds / (1 + 5 * cell.loss))
    for cell in cells:
        print(cell.line())


def read_results(directory):
    """Results by cell and label, in the order of the seeds; apart what was skipped or went wrong."""
    results, skipped, failed = {}, {}, []
    for path in sorted(directory.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                failed.append({"name": path.name, "result": {"said": f"no JSON: {line[:100]}"}})
                continue
            if entry["result"].get("status") == 4:
                skipped[entry["name"]] = entry["result"]["said"]
            elif "run" not in entry["result"]:
                failed.append(entry)
            else:
                results.setdefault(entry["name"], {}).setdefault(entry["label"], []).append(entry)
    for labels in results.values():
        for entries in labels.values():
            entries.sort(key=lambda entry: entry["seed"])
    return results, skipped, failed


def measure(entry):
    """One run of one flow: Mbit/s, bytes sent again, bytes lost, timeouts, segments overtaken."""
    run = entry["result"]["run"]
    flow, counters = run["flows"][0], run["counters"]
    drops = sum(qdisc[0]["drops"] for qdisc in (entry["result"]["path"], entry["result"]["queue"]))
    return {
        "seed": entry["seed"],
        "mbit": flow["bytes"] * 8 / 1e3 / run["ms"],
        "retrans": flow["bytes_retrans"],
        "lost": drops * flow["mss"],
        "timeouts": counters.get("TcpExt.TCPTimeouts", 0) + counters.get("Xtcp.Timeouts", 0),
        "reordered": flow.get("reord_seen", 0),
        "counters": counters,
    }


def sum_up(cell, labels):
    """A cell of a race: each side's means, and their ratios."""
    found = {"cell": asdict(cell)}
    for label, entries in labels.items():
        runs = [measure(entry) for entry in entries]
        lost = sum(run["lost"] for run in runs)
        found[label] = {
            "mbit": statistics.fmean(run["mbit"] for run in runs),
            "mbit_stdev": statistics.stdev(run["mbit"] for run in runs) if len(runs) > 1 else 0,
            "retrans_per_lost": sum(run["retrans"] for run in runs) / lost if lost else None,
            "retrans": sum(run["retrans"] for run in runs),
            "lost": lost,
            "timeouts": sum(run["timeouts"] for run in runs),
            "reordered": sum(run["reordered"] for run in runs),
            "runs": runs,
        }
    if {"xtcp", "kernel"} <= found.keys():
        found["ratio"] = found["xtcp"]["mbit"] / found["kernel"]["mbit"]
    if {"noise", "kernel"} <= found.keys():
        found["noise_ratio"] = found["noise"]["mbit"] / found["kernel"]["mbit"]
    return found


def shares(cell, entries):
    """The second flow's goodput to the first one's, in the second half of the time, all runs."""
    sums = [0, 0]
    for entry in entries:
        for i, flow in enumerate(entry["result"]["run"]["flows"]):
            half = len(flow["samples"]) // 2
            sums[i] += flow["samples"][-1] - flow["samples"][half - 1]
    return sums[1] / max(sums[0], 1)


def show_ratio(found):
    if not found or "ratio" not in found:
        return "-".rjust(14)
    noise = f"({found['noise_ratio']:.2f})" if "noise_ratio" in found else ""
    return f"{found['ratio']:.3f} {noise}".rjust(14)


def show_matrix(congestion, cells):
    print(f"\n{congestion}: XTCP's goodput to the kernel's (the kernel's to its own, other seeds)")
    columns = [(reorder, loss) for reorder in REORDERS for loss in LOSSES]
    heads = [f"{loss}%{' reord.' if reorder else ''}" for reorder, loss in columns]
    print(f"{'Mbit/s':>7}{'RTT ms':>7}" + "".join(head.rjust(14) for head in heads))
    for rate in RATES:
        for rtt in RTTS:
            row = [cells.get((rate * 1000, rtt, loss, reorder)) for reorder, loss in columns]
            print(f"{rate:>7}{rtt:>7}" + "".join(show_ratio(found) for found in row))


def show_row(title, founds):
    if not founds:
        return
    print(f"\n{title}")
    for found in sorted(founds, key=lambda found: (found["cell"]["rate_kbit"],
                                                   found["cell"]["rtt_ms"],
                                                   found["cell"]["queue"])):
        cell = found["cell"]
        again = f" again {found['xtcp']['retrans']}/{found['kernel']['retrans']}"
        depth = cell["queue"] / product(cell["rate_kbit"] / 1000, cell["rtt_ms"])
        print(f"{cell['rate_kbit'] // 1000:>7}{cell['rtt_ms']:>7} queue {depth:8.2f} BDP "
              f"XTCP {found['xtcp']['mbit']:8.3f} kernel {found['kernel']['mbit']:8.3f} "
              f"{show_ratio(found)}{again if cell['reorder'] else ''}")


def judge(title, good, what):
    print(f"{'met   ' if good else 'MISSED'} {title}: {what}")
    return {"target": title, "met": bool(good), "found": what}


def per_lost(found, label):
    return found[label]["retrans_per_lost"]


def judge_all(founds, fair):
    """The targets, over all cells of races."""
    cells = [found for found in founds if "ratio" in found]
    if not cells:
        return []
    worst = min(cells, key=lambda found: found["ratio"])
    verdicts = [
        judge(f"no cell under {LEAST} of the kernel's mean goodput", worst["ratio"] >= LEAST,
              f"{sum(found['ratio'] < LEAST for found in cells)} of {len(cells)} are, least "
              f"{worst['ratio']:.3f}, {worst['cell']['name']}"),
        judge(f"median of at least {MEDIAN}",
              statistics.median(found["ratio"] for found in cells) >= MEDIAN,
              f"{statistics.median(found['ratio'] for found in cells):.3f}"),
    ]
    lossy = [found for found in cells if per_lost(found, "xtcp") and per_lost(found, "kernel")]
    if lossy:
        def excess(found):
            return per_lost(found, "xtcp") / per_lost(found, "kernel")

        worst = max(lossy, key=excess)
        verdicts.append(judge(f"sent again for each byte lost: at most {RETRANS} of the kernel's",
                              excess(worst) <= RETRANS,
                              f"{sum(excess(found) > RETRANS for found in lossy)} of {len(lossy)} "
                              f"are above, most {excess(worst):.2f}, {worst['cell']['name']}"))
    clean = [found for found in cells
             if found["cell"]["rtt_ms"] == 200 and not found["xtcp"]["lost"]]
    verdicts.append(judge("no timeout on a long path where nothing is lost",
                          not any(found["xtcp"]["timeouts"] for found in clean),
                          f"{sum(found['xtcp']['timeouts'] for found in clean)} in "
                          f"{len(clean)} cells"))
    for row in fair:
        if not row["label"].startswith("both-kernel"):
            verdicts.append(judge(f"fair, {FAIR[0]} to {FAIR[1]}: {row['name']} {row['label']}",
                                  FAIR[0] <= row["ratio"] <= FAIR[1],
                                  f"second to first {row['ratio']:.2f}"))
    return verdicts


def show_worst(founds, count=12):
    print("\nLeast, with what was sent again for each byte lost and timeouts, XTCP/kernel:")
    cells = [found for found in founds if "ratio" in found]
    for found in sorted(cells, key=lambda found: found["ratio"])[:count]:
        again = "/".join("-" if per_lost(found, label) is None else f"{per_lost(found, label):.2f}"
                         for label in ("xtcp", "kernel"))
        print(f"  {found['cell']['name']:<36}{show_ratio(found)}  again {again:<11} "
              f"timeouts {found['xtcp']['timeouts']}/{found['kernel']['timeouts']}")


def check(plan_path, directory):
    """The test's verdicts. What could not be measured is bad."""
    results, skipped, failed = read_results(directory)
    founds = []

    def say(good, what):
        print("ok" if good else "bad", what)

    for cell in (Cell.parse(line) for line in plan_path.read_text().splitlines()):
        if cell.name in skipped:
            continue
        found = sum_up(cell, results.get(cell.name, {}))
        if "ratio" not in found:
            say(False, f"{cell.name}: measured")
            continue
        founds.append(found)
        print(f"# {show_ratio(found)} {cell.name} timeouts {found['xtcp']['timeouts']}/"
              f"{found['kernel']['timeouts']} again {found['xtcp']['retrans']}/"
              f"{found['kernel']['retrans']} lost {found['xtcp']['lost']}/"
              f"{found['kernel']['lost']}")
        say(found["ratio"] >= TEST_LEAST,
            f"{cell.name}: at least {TEST_LEAST} of the kernel's goodput")
    for entry in failed:
        print(f"# {entry['name']}: {entry['result'].get('said')}")
    if not founds:
        return 1
    # One that does well is not to hide another.
    for congestion in dict.fromkeys(found["cell"]["congestion"] for found in founds):
        own = [found for found in founds if found["cell"]["congestion"] == congestion]
        mean = statistics.geometric_mean(found["ratio"] for found in own)
        print(f"# {congestion}: mean {mean:.3f}")
        say(mean >= TEST_MEAN, f"{congestion}: all in all at least {TEST_MEAN}")
        again = {label: sum(found[label]["retrans"] for found in own) /
                 max(sum(found[label]["lost"] for found in own), 1) for label in ("xtcp", "kernel")}
        print(f"# {congestion}: sent again for each byte lost: {again['xtcp']:.3f}, "
              f"the kernel {again['kernel']:.3f}")
        say(again["xtcp"] <= TEST_RETRANS * again["kernel"],
            f"{congestion}: at most {TEST_RETRANS} of what the kernel sends again "
            "for each byte lost")
    clean = [found for found in founds
             if not found["cell"]["loss"] and not found["cell"]["reorder"]]
    say(not any(found["xtcp"]["timeouts"] for found in clean),
        "no timeout where only the queue drops")
    say(not any(found["xtcp"]["reordered"] for found in founds if not found["cell"]["reorder"]),
        "nothing seems to be overtaken where nothing is")
    return 0


GNUPLOT = """
set terminal svg size 1000,{height} font 'sans,12' background 'white'
set output '{svg}'
set multiplot layout {panels},1
set palette defined (0 '#b2182b', 0.45 '#f4a582', 0.5 '#f7f7f7', 0.55 '#92c5de', 1 '#2166ac')
set cbrange [0.5:1.5]
set cblabel 'XTCP to kernel'
set style fill solid noborder
set xtics rotate by 20 right
set xrange [-0.5:7.5]
set yrange [8.5:-0.5]
"""


def draw(directory, matrices):
    """A map for each congestion control, drawn by gnuplot."""
    script = GNUPLOT.format(height=460 * len(matrices), panels=len(matrices),
                            svg=directory / "paths.svg")
    columns = [(reorder, loss) for reorder in REORDERS for loss in LOSSES]
    tics = ",".join(f"'loss {loss}%%{', reorder' if reorder else ''}' {i}"
                    for i, (reorder, loss) in enumerate(columns))
    rows = [(rate, rtt) for rate in RATES for rtt in RTTS]
    names = ",".join(f"'{rate} Mbit/s, {rtt} ms' {i}" for i, (rate, rtt) in enumerate(rows))
    script += f"set xtics ({tics})\nset ytics ({names})\n"
    for congestion, cells in matrices.items():
        lines = [f"{x} {y} {cells[(rate * 1000, rtt, loss, reorder)]['ratio']:.3f}"
                 for y, (rate, rtt) in enumerate(rows) for x, (reorder, loss) in enumerate(columns)
                 if "ratio" in cells.get((rate * 1000, rtt, loss, reorder), {})]
        script += (f"$map << END\n" + "\n".join(lines) + "\nEND\n"
                   f"set title '{congestion}'\n"
                   "plot $map using 1:2:(0.5):(0.5):3 with boxxyerror palette notitle, "
                   "$map using 1:2:(sprintf('%.2f', $3)) with labels notitle\n")
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def report(plan_path, directory):
    cells = [Cell.parse(line) for line in plan_path.read_text().splitlines()]
    results, skipped, failed = read_results(directory)
    founds, fair, matrices = [], [], {}
    for cell in cells:
        labels = results.get(cell.name)
        if not labels or cell.name in skipped:
            continue
        group, congestion = cell.name.split("-")[:2]
        if group == "fair":
            fair += [{"name": cell.name, "label": label, "ratio": shares(cell, entries)}
                     for label, entries in labels.items()]
            continue
        founds.append(sum_up(cell, labels))
        if group == "path":
            key = (cell.rate_kbit, cell.rtt_ms, cell.loss, cell.reorder)
            matrices.setdefault(congestion, {})[key] = founds[-1]
    for congestion, matrix in matrices.items():
        show_matrix(congestion, matrix)
    for group, title in (("queue", "Queues, nothing lost but there"),
                         ("clean", "Nothing lost at all; some overtaken"),
                         ("auto", "Buffers by default")):
        show_row(title, [found for found in founds if found["cell"]["name"].startswith(group)])
    show_worst(founds)
    print()
    for row in fair:
        print(f"  {row['name']:<36} {row['label']:<14} second to first {row['ratio']:.2f}")
    verdicts = judge_all(founds, fair)
    for why in sorted(set(skipped.values())):
        print(f"skipped: {why}")
    for entry in failed:
        print(f"failed: {entry['name']} {entry.get('label', '')}: {entry['result'].get('said')}")
    (directory / "paths.json").write_text(json.dumps(
        {"cells": founds, "fairness": fair, "targets": verdicts, "skipped": skipped},
        indent=1) + "\n")
    if matrices:
        draw(directory, matrices)
    return 1 if failed else 0


def main():
    commands = {"report": report, "check": check}
    if len(sys.argv) == 4 and sys.argv[1] in commands:
        return commands[sys.argv[1]](pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
    if len(sys.argv) >= 2 and sys.argv[1] == "plan":
        return plan(dict(word.split("=", 1) for word in sys.argv[2:]))
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
