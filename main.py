"""HandTune: a live, metric 3D hand mesh from a depth camera.

`python main.py` opens the window; `python main.py --help` lists the other commands.
"""

import sys

from app.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
