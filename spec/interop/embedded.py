"""Ruby in this Python process, since Arrow streams stay in the process that made them."""

import ctypes
import json
import sys


def start(libruby, lib):
    """Starts Ruby with our library, and gives what evaluates Ruby code: the Integer that it comes to."""
    ruby = ctypes.CDLL(libruby, mode=ctypes.RTLD_GLOBAL)
    for name in ("rb_eval_string_protect", "rb_string_value_cstr"):
        getattr(ruby, name).restype = ctypes.c_void_p
    ruby.ruby_options.restype = ctypes.c_void_p
    ruby.rb_eval_string_protect.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_int)]
    ruby.rb_num2ull.restype = ctypes.c_ulonglong
    ruby.rb_num2ull.argtypes = [ctypes.c_void_p]

    def evaluate(code):
        """Exceptions of the code end the process."""
        state = ctypes.c_int(0)
        guarded = f"begin\n{code}\nrescue Exception => e\n  warn e.full_message\n  exit!(1)\nend"
        value = ruby.rb_eval_string_protect(guarded.encode(), ctypes.byref(state))
        if state.value:
            sys.exit(f"Ruby left with {state.value}")
        return ruby.rb_num2ull(value)

    arguments = (ctypes.c_char_p * 3)(b"ruby", b"-e", b"0")
    ruby.ruby_setup()
    ruby.ruby_options(3, arguments)
    evaluate(f"$:.unshift({json.dumps(lib)}); require 'deltalake'; 0")
    return evaluate
