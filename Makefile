# Audio GANs by Ear. Each target sets up what it needs; `make book` is the one to start with.
# Another Python: make book PYTHON=python3.12

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
COLAB := .venv-colab
PAGE := _build/html/index.html
BUILT := _build/.built
SOURCES := $(shell find book audiogan_lib _config.yml _toc.yml CHANGELOG.md \
	-name __pycache__ -prune -o -name .ipynb_checkpoints -prune -o -type f -print 2>/dev/null)
UV_COMPILE := uv pip compile --universal --fork-strategy fewest --python-version 3.11 --no-annotate \
	--extra cpu --extra book --extra test --extra dev pyproject.toml

# TensorFlow's own log lines would drown the progress that is shown.
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: book test serve pdf lint lint-page bench faults quality kernel requirements colab slides room exercises

book: $(BUILT)
	@echo
	@echo "The book is built. Open $(CURDIR)/$(PAGE) in a browser, or run: make serve"

# A thread for each worker: with more, those of one wait for those of another.
test: $(BUILT)
	@sh tools/ensure_browser.sh
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 $(BIN)/python -m pytest \
		--nbval-lax --nbval-cell-timeout=300 --durations=10 --doctest-modules \
		--numprocesses=auto --maxprocesses=4 --dist=loadfile audiogan_lib tests book

serve: $(BUILT)
	@echo "Open http://localhost:8000 in a browser; stop with Ctrl-C."
	$(BIN)/python -m http.server 8000 --bind 127.0.0.1 --directory _build/html

# Notebooks that did not change come from the execution cache here, too.
pdf: $(INSTALLED)
	@sh tools/ensure_browser.sh
	$(BIN)/jupyter-book build . --all --builder singlehtml -W -n --keep-going
	$(BIN)/python tools/print_book.py _build/singlehtml/index.html _build/pdf/audio-gans-by-ear.pdf

# Every solution and every typical mistake in exercises/; make test leaves out those that train.
exercises: $(INSTALLED)
	AUDIOGAN_LONG=1 $(BIN)/python -m pytest tests/test_classroom.py -k solutions

# The notebooks with Colab's versions, in an environment of their own: make colab CHAPTERS="02 05"
colab: $(COLAB)/.installed
	$(COLAB)/bin/python tools/run_on_colab.py $(CHAPTERS)

$(COLAB)/.installed: requirements-colab.txt
	@PYTHON="$(PYTHON)" sh tools/make_environment.sh $(COLAB) requirements-colab.txt python3.13
	@touch $@

# Slides and a hand-out for each lesson plan, from the cells as the book ran them.
slides: $(BUILT)
	$(BIN)/python tools/make_slides.py

# One archive for a room without a network; --systems linux --python 3.11 in ROOM make another.
room: $(BUILT)
	$(BIN)/python tools/make_room.py $(ROOM)

lint: lint-page $(INSTALLED)
	$(BIN)/pre-commit run --all-files --show-diff-on-failure

# The scripts that run in the page, by TypeScript and Biome, where there is a Node.js.
lint-page:
	@sh tools/lint_page/run.sh

bench: $(INSTALLED)
	@$(BIN)/python -c "import torch" 2>/dev/null || $(BIN)/python -m pip install -e ".[bench]"
	$(BIN)/python -m benchmarks

# Some 25 minutes on two cores. A tenth of them: make faults FAULTS="--tenth TEXT"
faults: $(INSTALLED)
	$(BIN)/python tools/plant_faults.py $(FAULTS)

quality: $(INSTALLED)
	$(BIN)/python -m experiments.quality

# Needs clang and lld (Debian and Ubuntu: apt-get install clang lld).
kernel:
	sh tools/build_kernel.sh

# --all reads every page again, so that a warning cannot hide behind an earlier build;
# notebooks that did not change still come from the execution cache.
$(BUILT): $(INSTALLED) $(SOURCES)
	$(BIN)/jupyter-book build . --all -W -n --keep-going
	@touch $@

$(INSTALLED): requirements.txt pyproject.toml
	@PYTHON="$(PYTHON)" sh tools/make_environment.sh $(VENV)
	@touch $@

# Renews the pins (needs uv): the newest versions that pyproject.toml's ranges allow.
requirements:
	$(UV_COMPILE) --upgrade --custom-compile-command "make requirements" -o requirements.txt
	echo "-e ." >> requirements.txt
