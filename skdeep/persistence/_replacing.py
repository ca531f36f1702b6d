"""Files that are written beside the one that they replace."""

import contextlib
import io
import os
import secrets
import stat


@contextlib.contextmanager
def replacing(path):
    """A binary file to write, which takes the place of ``path`` when all is written.

    Whatever happens meanwhile, ``path`` is the whole old file or the whole new one:
    after an error, where the process is killed, for others who read it.

    Parameters
    ----------
    path : path-like
        Permissions are those that ``open`` would leave.
    """
    path = os.path.realpath(path)  # a link goes on pointing to its file
    mode = _mode(path)
    if mode is not None and not stat.S_ISREG(mode):
        # A pipe or a device cannot be replaced, and does not know where it is.
        whole = io.BytesIO()
        yield whole
        with open(path, "wb") as file:
            file.write(whole.getvalue())
        return
    beside = os.path.join(os.path.dirname(path), f".skdeep-{secrets.token_hex(8)}.tmp")
    try:
        with open(beside, "xb") as file:
            if mode is not None:
                os.chmod(beside, stat.S_IMODE(mode))
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)
        raise
    _sync_folder(os.path.dirname(path))


def _mode(path):
    """Of an existing file that may be written to; None where there is none."""
    try:
        with open(path, "r+b", buffering=0) as file:  # changes nothing
            return os.fstat(file.fileno()).st_mode
    except FileNotFoundError:
        return None


def _sync_folder(folder):
    """So that a power failure does not bring the old name back."""
    if not hasattr(os, "O_DIRECTORY"):
        return  # Windows has no such thing
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    except OSError:
        pass  # some network drives cannot; the file itself is written
    finally:
        os.close(number)
