"""Lets programs take turns, and compares them: see run.sh. Usage: run.py ROUNDS. Standard input names the programs.

In each round every program measures each case once, in another order each time. Two programs are compared within a round, and the
median of these ratios is printed, so that whatever slows the machine down for a while slows down both."""

import json
import statistics
import subprocess
import sys

# How many verifications a program does in one turn: a few milliseconds.
COUNTS = {"again": 10_000, "again-record": 10_000, "first": 100}
# What a language is compared with.
BASES = ["Rust", "C"]


def ask(program, case, count):
    program.stdin.write(f"{case} {count}\n")
    program.stdin.flush()
    answer = json.loads(program.stdout.readline())
    return answer["nanoseconds"] / answer["count"] if answer else None


def measure(programs, rounds):
    """For each case and language, one time for each round."""
    times = {case: {language: [] for language in programs} for case in COUNTS}
    for round_number in range(-5, rounds):
        languages = list(programs)
        shift = round_number % len(languages)
        for case, count in COUNTS.items():
            for language in languages[shift:] + languages[:shift]:
                time = ask(programs[language], case, count)
                # The first rounds warm up.
                if round_number >= 0 and time is not None:
                    times[case][language].append(time)
    return times


def main():
    rounds = int(sys.argv[1])
    commands = dict(line.rstrip("\n").split("\t") for line in sys.stdin)
    programs = {
        language: subprocess.Popen(command.split(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for language, command in commands.items()
    }
    times = measure(programs, rounds)
    for program in programs.values():
        program.stdin.close()
        program.wait()
    print(f"{'case':14}{'language':12}{'median':>12}" + "".join(f"{'over ' + base:>16}" for base in BASES))
    for case, languages in times.items():
        for language, each in languages.items():
            if not each:
                continue
            row = f"{case:14}{language:12}{statistics.median(each):>9.0f} ns"
            for base in BASES:
                ratios = [mine / theirs for mine, theirs in zip(each, languages[base])]
                low, middle, high = statistics.quantiles(ratios, n=4) if ratios else (0, 0, 0)
                row += f"{middle:>8.3f} ±{(high - low) / 2:.3f}" if ratios and language != base else f"{'-':>16}"
            print(row)


if __name__ == "__main__":
    main()
