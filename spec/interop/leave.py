"""How scripts that used deltalake end: its threads may abort the interpreter's own ending ("terminate called ...")."""

import os
import sys


def leave():
    sys.stdout.flush()
    os._exit(0)
