#!/usr/bin/env python3
"""Draws what a command shows on a terminal: docs/images/make.py, from the root of the repository, after scripts/demo.

The picture holds its command as <title> and its text as <desc>, which a test compares with the program.
"""
import fcntl
import os
import pty
import re
import struct
import termios
from xml.sax.saxutils import escape

COMMAND = "build/modattr lime --config configs/vqa-features.json --ids 17 --value logit --budget 2048"
FIRST_LINE = "example 17:"  # what stands above it is left out
FILE = "docs/images/lime.svg"
COLUMNS = 80
CELL_WIDTH, CELL_HEIGHT, FONT_SIZE, MARGIN = 8.4, 18, 14, 18
COLORS = {"": "#e6edf3", "1": "#ffffff", "2": "#8b949e", "31": "#ff7b72", "36": "#39c5cf"}
SHADES = {"░": 0.3, "▒": 0.55, "▓": 0.8, "█": 1.0}


def terminal_output(command):
    process, terminal = pty.fork()
    if process == 0:
        os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
        os.execvp("bash", ["bash", "-c", f"sleep 0.2; exec {command} 2>/dev/null"])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 60, COLUMNS, 0, 0))
    output = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:
            part = b""
        if not part:
            break
        output += part
    os.waitpid(process, 0)
    return output.decode().replace("\r\n", "\n")


def cells(line):
    """(character, style) of every column."""
    style = ""
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        if part.startswith("\x1b"):
            style = "" if part == "\x1b[0m" else part[2:-1]
        else:
            yield from ((character, style) for character in part)


def row(line, top):
    drawn, bars = [], []
    run, run_style, run_start = "", "", 0

    def finish():
        text = run.rstrip()
        if text.strip():
            start = run_start + len(text) - len(text.lstrip())
            text = text.strip()
            weight = ' font-weight="bold"' if run_style == "1" else ""
            drawn.append(f'<text x="{MARGIN + start * CELL_WIDTH:.1f}" y="{top + 13:.1f}" fill="{COLORS[run_style]}"{weight} '
                         f'textLength="{len(text) * CELL_WIDTH:.1f}">{escape(text)}</text>')

    for column, (character, style) in enumerate(cells(line)):
        left = MARGIN + column * CELL_WIDTH
        is_bar = "\u2588" <= character <= "\u258f" or character in SHADES
        if is_bar or style != run_style or not run:
            finish()
            run, run_style, run_start = "", style, column + (1 if is_bar else 0)
        if is_bar:
            width = CELL_WIDTH * (1 if character in SHADES else (0x2590 - ord(character)) / 8)
            opacity = SHADES.get(character, 1.0)
            if bars and abs(bars[-1][0] + bars[-1][1] - left) < 0.1 and bars[-1][2:] == (style, opacity):
                bars[-1] = (bars[-1][0], left + width - bars[-1][0], style, opacity)
            else:
                bars.append((left, width, style, opacity))
        else:
            run += character
    finish()
    return drawn + [f'<rect x="{left:.1f}" y="{top + 1:.1f}" width="{width:.1f}" height="{CELL_HEIGHT - 2}" '
                    f'fill="{COLORS[style]}" fill-opacity="{opacity}"/>' for left, width, style, opacity in bars]


def main():
    output = terminal_output(COMMAND)
    lines = output[re.search(r"^(\x1b\[[0-9;]*m)*" + FIRST_LINE, output, re.M).start():].rstrip().split("\n")
    plain = "\n".join(re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in lines)
    width = COLUMNS * CELL_WIDTH + 2 * MARGIN
    height = len(lines) * CELL_HEIGHT + 2 * MARGIN
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
             f'height="{height:.0f}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" '
             f'font-size="{FONT_SIZE}" xml:space="preserve" role="img">',
             f"<title>{escape(COMMAND)}</title>", f"<desc>{escape(plain)}</desc>",
             f'<rect x="0.5" y="0.5" width="{width - 1:.0f}" height="{height - 1:.0f}" rx="8" fill="#0d1117" stroke="#8b949e"/>']
    for number, line in enumerate(lines):
        parts += row(line, MARGIN + number * CELL_HEIGHT)
    with open(FILE, "w", encoding="utf-8") as file:
        file.write("\n".join(parts) + "\n</svg>\n")


if __name__ == "__main__":
    main()
