# SPDX-License-Identifier: MIT
#
# GNU make, no configure step. Everything is built under $(BUILD); `make help` lists the
# targets. Sources are found by wildcard: a new file in a room, a new folder under
# tests/unit/ and a new fuzz target need no line here.

BUILD   ?= build
PREFIX  ?= /usr/local
CFLAGS  ?= -O2 -g
# The size constants of a host build, baked into the installed headers. DPS_TEXT: any
# legal registration ID fits (the library's default is 560, see dps/config.h). All the
# -D that change a header's constants belong here, not into CPPFLAGS.
DEFINES ?= -DDPS_TEXT=1024
# Where BearSSL's headers are: Debian keeps all but bearssl.h in a folder of their own.
BEARSSL ?= -isystem /usr/include/bearssl
# Seconds for each fuzz target, and for how many targets at once.
FUZZ_SECONDS ?= 10
JOBS         ?= $(shell nproc 2>/dev/null || echo 1)
# Where the test certificates are; one folder may serve several BUILDs.
PKI          ?= $(BUILD)/pki
# Where the node packages are, if there are any; the same.
NPM          ?= $(BUILD)/npm

VERSION := 0.1.0

# As many jobs as cores, unless -j says otherwise.
ifeq ($(filter -j% --jobs%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(JOBS)
endif

ROOMS := mqtt sas tls dps
PLAIN  = -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow \
         -ffunction-sections -fdata-sections $(if $(WERROR),-Werror) -I. $(BEARSSL) $(DEFINES)
LINK   = -Wl,--gc-sections
# The library rooms see ISO C and nothing else (tls/tcp.c asks for POSIX itself).
HOST   = -D_DEFAULT_SOURCE

objects   = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
LIBRARY  := $(BUILD)/libtinydps.a
LIB_C    := $(wildcard $(ROOMS:=/*.c))
HEADERS  := $(filter-out %/inner.h,$(wildcard $(ROOMS:=/*.h)))
COMMON_C := $(wildcard tools/common/*.c)
DPS_C    := $(wildcard tools/dps/*.c)
EMU_C    := $(wildcard tools/emulator/*.c)
UNITS    := $(patsubst tests/unit/%/main.c,%,$(wildcard tests/unit/*/main.c))
FUZZERS  := $(filter-out replay,$(patsubst fuzz/%.c,%,$(wildcard fuzz/*.c)))
EXAMPLES := $(filter-out board,$(patsubst examples/%.c,%,$(wildcard examples/*.c)))
PEER_C   := tests/unit/tls/peer.c
INTEROP  := $(patsubst tests/interop/%.c,%,$(wildcard tests/interop/*.c))

PROGRAMS := $(BUILD)/bin/dps $(BUILD)/bin/dps-emulator
BOARDS   := lm3s6965 microbit
FIRMWARE := $(BUILD)/firmware
PLUGINS  := $(FIRMWARE)/count.so $(FIRMWARE)/beyond.so
TESTS    := $(UNITS:%=$(BUILD)/test/unit-%) $(FUZZERS:%=$(BUILD)/test/replay-%) \
            $(INTEROP:%=$(BUILD)/test/%) $(BUILD)/test/broker_client_8 \
            $(BUILD)/test/laxness_client $(BUILD)/test/shim.so

# Asked only where tests are built; what Debian's check says where there is no pkg-config.
CHECK_CFLAGS = $(shell pkg-config --cflags check 2>/dev/null)
CHECK_LIBS   = $(shell pkg-config --libs check 2>/dev/null \
                 || echo -lcheck -lsubunit -lm -lrt -lpthread)

# One short line a step; V=1 shows the commands instead.
ifeq ($(V),1)
step =
else
step = @printf '  %-7s %s\n' '$(1)' '$(2)' $(if $(JSON),>&2);
endif

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all demo check coverage breakages conformance pki npm fuzz \
        firmware firmware-check size install uninstall clean help laxness programs tests fuzz-programs FORCE

all: $(LIBRARY) $(PROGRAMS) $(BUILD)/bin/dps-anchors $(EXAMPLES:%=$(BUILD)/examples/%) ## library, programs, examples (the default)

demo: programs pki ## starts the emulator, registers a device with it, shows each step
	@examples/demo.sh $(BUILD) $(PKI)

check: all tests pki ## all tests; the last line is `N passed, N failed`
	@CC='$(CC)' DPS_BUILD=$(BUILD) DPS_PKI=$(PKI) DPS_NPM=$(NPM) tests/run $(CHECK)

laxness: $(BUILD)/test/laxness_client ## what our client does with a server that breaks the rules: a table
	@DPS_BUILD=$(BUILD) tests/laxness/peer.py

conformance: ## each rule of MQTT 3.1.1 and how it stands, by the last `make check`
	@DPS_BUILD=$(BUILD) tests/conformance/check.py --table

# Those of the tests that run the library's own code, once more with gcov's counters.
COVERAGE = $(BUILD)/coverage
coverage: ## lines and branches that the tests run; mqtt/ must be complete
	@mkdir -p $(COVERAGE) && find $(COVERAGE) -name '*.gcda' -delete
	@$(MAKE) --no-print-directory check BUILD=$(COVERAGE) PKI=$(PKI) CFLAGS='-O0 -g --coverage' \
	    LDFLAGS=--coverage DPS_SANITIZERS=1 CHECK='unit replay'
	@tests/coverage.py $(COVERAGE)

breakages: pki ## breaks the code on purpose, rule by rule, to see each rule's own test fail
	@MAKEFLAGS= tests/conformance/break.py $(BUILD) $(ROWS)

pki: $(PKI)/complete ## test CA, server and device certificates under build/pki

npm: $(NPM)/complete ## the node packages that tests/interop compares with, under build/npm

fuzz: ## each fuzz target for FUZZ_SECONDS, with clang, ASan and UBSan
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC=clang fuzz-programs \
	    CFLAGS='-O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all -fsanitize=address,undefined,fuzzer-no-link'
	@MAKEFLAGS= $(MAKE) --no-print-directory -k -j$(JOBS) $(FUZZERS:%=fuzz-run-%) \
	    BUILD=$(BUILD) FUZZ_SECONDS=$(FUZZ_SECONDS) V=$(V)

firmware: $(BOARDS:%=firmware-%) ## examples/firmware for each board, with arm-none-eabi-gcc, picolibc and BearSSL's source

firmware-check: firmware $(PROGRAMS) $(PLUGINS) $(FIRMWARE)/large_record ## runs it on emulated boards, against dps-emulator
	@DPS_BUILD=$(BUILD) DPS_PKI=$(PKI) tests/run firmware

# With the firmware's figures where it can be built.
size: $(if $(shell command -v arm-none-eabi-gcc),firmware) ## flash, RAM and stack, against tests/budgets.txt (JSON=1, RECORD=1)
	@tests/size/size.py --build $(BUILD) --flags='$(filter-out $(DEFINES),$(PLAIN))' \
	    --defines='$(DEFINES)' $(if $(JSON),--json) $(if $(RECORD),--record)

install: $(LIBRARY) $(PROGRAMS) ## headers, library, programs and tinydps.pc under PREFIX (DESTDIR is honoured)
	$(call step,INSTALL,$(DESTDIR)$(PREFIX))set -e; \
	root='$(DESTDIR)$(PREFIX)'; \
	install -d "$$root/bin" "$$root/lib/pkgconfig" $(ROOMS:%="$$root/include/tinydps/%"); \
	for header in $(HEADERS); do \
	    sed -E $(BAKE_VALUES) "$$header" | sed -E $(BAKE_CHECKS) \
	        >"$$root/include/tinydps/$$header"; \
	    chmod 644 "$$root/include/tinydps/$$header"; \
	done; \
	install -m 644 $(LIBRARY) "$$root/lib"; \
	install -m 755 $(PROGRAMS) "$$root/bin"; \
	printf '%s\n' 'prefix=$(PREFIX)' 'includedir=$${prefix}/include' 'libdir=$${prefix}/lib' '' \
	    'Name: tinydps' 'Description: Registers a device with the Azure IoT Hub Device Provisioning Service' \
	    'Version: $(VERSION)' 'Cflags: -I$${includedir}/tinydps $(BEARSSL)' 'Libs: -L$${libdir} -ltinydps -lbearssl' \
	    >"$$root/lib/pkgconfig/tinydps.pc"

uninstall: ## removes what install put there
	$(call step,REMOVE,$(DESTDIR)$(PREFIX))set -e; \
	root='$(DESTDIR)$(PREFIX)'; \
	rm -rf "$$root/include/tinydps"; \
	rm -f "$$root/lib/libtinydps.a" "$$root/lib/pkgconfig/tinydps.pc" \
	    $(PROGRAMS:$(BUILD)/%="$$root/%")

clean: ## removes everything built
	$(call step,CLEAN,$(BUILD))rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  \1|\2/p' $(firstword $(MAKEFILE_LIST)) \
	    | awk -F'|' '{ printf "%-12s %s\n", $$1, $$2 }'
	@printf '\n  CC CFLAGS CPPFLAGS LDFLAGS PREFIX DESTDIR are honoured; also\n'
	@printf '  %-16s %s\n' 'V=1' 'show the commands' 'WERROR=1' 'warnings are errors' \
	    'BUILD=DIR' 'build there instead of in build/' 'DEFINES=-DX=N' 'size constants (now $(DEFINES))' \
	    'FUZZ_SECONDS=N' 'for each fuzz target' 'CHECK=WORDS' 'only the tests whose name has one of them'

programs: $(PROGRAMS)
tests: $(TESTS)

# What install does to the headers: the values of DEFINES take the defaults' place, and a
# program that asks for another value than the library was built with does not compile.
define_name  = $(firstword $(subst =, ,$(1:-D%=%)))
define_value = $(lastword $(subst =, ,$(1:-D%=%)))
BAKE_VALUES  = -e '' $(foreach d,$(DEFINES),\
    -e 's/^(.define $(call define_name,$(d))) .*/\1 $(call define_value,$(d))/')
BAKE_CHECKS  = -e '/^.ifndef DPS_[A-Z0-9_]+$$/{n;s/^(.)define (DPS_[A-Z0-9_]+) ([0-9]\w*)/&\n\1elif \2 != \3\n\1error "\2: the library was built with \3"/;}'

# ---- the pieces ---------------------------------------------------------------------

# Recompiles everything when the compiler or a flag changed.
$(BUILD)/flags: export FLAGS = $(CC) $(PLAIN) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo "$$FLAGS" | cmp -s - $@ || echo "$$FLAGS" >$@

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call step,CC,$<)$(CC) $(PLAIN) $(SYSTEM) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/tools/%.o $(BUILD)/obj/fuzz/%.o $(BUILD)/obj/examples/%.o: SYSTEM = $(HOST)
$(BUILD)/obj/tests/%.o: SYSTEM = $(HOST) $(CHECK_CFLAGS)

$(LIBRARY): $(call objects,$(LIB_C))
	@rm -f $@
	$(call step,AR,$@)$(AR) qcs $@ $^

# Program: objects, the library, then what Debian offers.
define LINK_IT
@mkdir -p $(@D)
$(call step,LINK,$@)$(CC) $(CFLAGS) $(LDFLAGS) $(LINK) -o $@ $(filter %.o %.a,$^) $(LIBS)
endef

$(BUILD)/bin/dps: $(call objects,$(COMMON_C) $(DPS_C)) $(LIBRARY)
$(BUILD)/bin/dps-anchors: $(call objects,tools/anchors/main.c) $(LIBRARY)
$(BUILD)/bin/dps-emulator: $(call objects,$(COMMON_C) $(EMU_C)) $(LIBRARY)
$(PROGRAMS) $(BUILD)/bin/dps-anchors: LIBS = -lbearssl -ljansson
$(PROGRAMS) $(BUILD)/bin/dps-anchors:
	$(LINK_IT)

$(BUILD)/examples/%: LIBS = -lbearssl
$(BUILD)/examples/%: $(BUILD)/obj/examples/%.o $(BUILD)/obj/examples/board.o $(LIBRARY)
	$(LINK_IT)

# One program a folder under tests/unit/. The peer that the TLS tests made is offered to
# all; the two folders named after programs get those programs' objects, but their main.
$(BUILD)/test/libpeer.a: $(call objects,$(PEER_C))
	@mkdir -p $(@D)
	@rm -f $@
	$(call step,AR,$@)$(AR) qcs $@ $^

unit_objects = $(call objects,$(wildcard tests/unit/$(1)/*.c)) $(call objects,$(filter-out %/main.c,$(2)))
define UNIT
$(BUILD)/test/unit-$(1): $(call unit_objects,$(1),$(2)) $(BUILD)/test/libpeer.a $(LIBRARY)
endef
unit_extra_tools    := $(COMMON_C) $(DPS_C)
unit_extra_emulator := $(COMMON_C) $(EMU_C)
$(foreach unit,$(UNITS),$(eval $(call UNIT,$(unit),$(unit_extra_$(unit)))))
$(UNITS:%=$(BUILD)/test/unit-%): LIBS = -lbearssl $(CHECK_LIBS) -ljansson
$(UNITS:%=$(BUILD)/test/unit-%):
	$(LINK_IT)

$(INTEROP:%=$(BUILD)/test/%): LIBS = -lbearssl
$(INTEROP:%=$(BUILD)/test/%): $(BUILD)/test/%: $(BUILD)/obj/tests/interop/%.o $(LIBRARY)
	$(LINK_IT)

# Once more, with eight messages in flight: it has an mqtt/ of its own, so that it needs no
# object of that room from the library.
$(BUILD)/test/broker_client_8: tests/interop/broker_client.c $(wildcard mqtt/*.[ch]) \
                               $(LIBRARY) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call step,CC,$< with 8 in flight)$(CC) $(PLAIN) $(HOST) -DDPS_MQTT_IN_FLIGHT=8 \
	    $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(LINK) -o $@ $(filter %.c %.a,$^) -lbearssl

$(BUILD)/test/laxness_client: $(call objects,tests/laxness/client.c) $(LIBRARY)
	$(LINK_IT)

$(BUILD)/test/shim.so: tests/system/shim.c
	@mkdir -p $(@D)
	$(call step,CC,$<)$(CC) -O2 -Wall -Wextra -shared -fPIC -o $@ $< -ldl

# The firmware's Makefile stands alone, as it would in a project of its own.
BEARSSL_SOURCE ?= $(FIRMWARE)/bearssl
$(FIRMWARE)/bearssl/inc/bearssl.h:
	$(call step,GET,$(FIRMWARE)/bearssl)examples/firmware/bearssl.sh $(FIRMWARE)/bearssl

$(FIRMWARE)/anchors.c: $(PKI)/complete $(BUILD)/bin/dps-anchors
	@mkdir -p $(@D)
	$(call step,ANCHORS,$@)$(BUILD)/bin/dps-anchors <$(PKI)/root.pem >$@

$(BOARDS:%=firmware-%): firmware-%: $(BEARSSL_SOURCE)/inc/bearssl.h $(FIRMWARE)/anchors.c
	$(call step,BOARD,$*)$(MAKE) $(if $(filter 1,$(V)),,-s) -C examples/firmware \
	    BOARD=$* BUILD=$(abspath $(FIRMWARE))/$* ANCHORS=$(abspath $(FIRMWARE))/anchors.c \
	    BEARSSL_SOURCE=$(abspath $(BEARSSL_SOURCE)) DEFINES=-DEMULATOR_HAS_NO_ENTROPY \
	    CFLAGS='-Os -g'

$(PLUGINS): $(FIRMWARE)/%.so: tests/firmware/%.c tests/firmware/plugin.h
	@mkdir -p $(@D)
	$(call step,CC,$<)$(CC) -std=c99 -O2 -Wall -Wextra -I. -shared -fPIC -o $@ $<

$(FIRMWARE)/large_record: LIBS = -lbearssl $(CHECK_LIBS)
$(FIRMWARE)/large_record: $(BUILD)/obj/tests/firmware/large_record.o $(BUILD)/test/libpeer.a $(LIBRARY)
	$(LINK_IT)

# A fuzz target twice: with a main that replays its corpus, and with clang's libFuzzer.
$(BUILD)/test/replay-%: LIBS = -lbearssl
$(BUILD)/test/replay-%: $(BUILD)/obj/fuzz/%.o $(BUILD)/obj/fuzz/replay.o $(LIBRARY)
	$(LINK_IT)

fuzz-programs: $(FUZZERS:%=$(BUILD)/bin/fuzz-%)
$(BUILD)/bin/fuzz-%: LIBS = -lbearssl -fsanitize=fuzzer
$(BUILD)/bin/fuzz-%: $(BUILD)/obj/fuzz/%.o $(LIBRARY)
	$(LINK_IT)

# New inputs and crashes stay under $(BUILD); the seeds are only read.
$(FUZZERS:%=fuzz-run-%): fuzz-run-%:
	@mkdir -p $(BUILD)/fuzz/corpus/$* $(BUILD)/fuzz/crash/$*
	$(call step,FUZZ,$* for $(FUZZ_SECONDS) s)$(BUILD)/fuzz/bin/fuzz-$* \
	    -max_total_time=$(FUZZ_SECONDS) -timeout=10 -print_final_stats=1 \
	    -artifact_prefix=$(BUILD)/fuzz/crash/$*/ \
	    $(BUILD)/fuzz/corpus/$* $(wildcard fuzz/corpus/$*) \
	    >$(BUILD)/fuzz/$*.log 2>&1 \
	    || { tail -n 40 $(BUILD)/fuzz/$*.log; echo "$*: failed"; exit 1; }
	@awk -v name=$* '/number_of_executed_units/ { print "  ran     " name ": " $$2 " inputs" }' \
	    $(BUILD)/fuzz/$*.log

$(PKI)/complete: tests/pki/make.sh
	$(call step,PKI,$(PKI))sh $< $(PKI) && touch $@

$(NPM)/complete: tests/interop/npm/package.json tests/interop/npm/.npmrc
	@mkdir -p $(@D)
	$(call step,NPM,$(NPM))cp $^ $(@D) && cd $(@D) && npm install --loglevel=error && touch complete

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
