"""What a notebook or a command runs on: how TensorFlow starts, which versions there are, a Drive.

``make colab`` runs the notebooks with Colab's versions and writes down which these were. The first
cell of each notebook compares (`check`): an older package may lack what a cell asks of it. What a
lent machine takes with it when it goes can be kept in a Google Drive (`drive_folder`). And
importing ``audiogan_lib`` makes the next import of TensorFlow a quiet one (`quiet_tensorflow`).
"""

from audiogan_lib.runtime.drive import drive_folder
from audiogan_lib.runtime.quiet import quiet_tensorflow
from audiogan_lib.runtime.versions import check, older

__all__ = ["check", "drive_folder", "older", "quiet_tensorflow"]
