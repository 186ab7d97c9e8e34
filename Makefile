# SPDX-License-Identifier: MIT
# wadozip: `make run` starts a private service, `make test` proves it, `make` builds into build/. See README.md.
#
#? make                         builds the programs into build/ (BUILD=DIR; V=1: shows commands; WERROR=1)
#? make run                     installs packages, starts a private service (DICOM=DIR PORT=8080 SERVER=lighttpd)
#? make run STORE=s3            the same with two nodes, a hot standby and the images in an object store
#? make test                    installs packages, builds, runs all tests but those of an hour
#? make check [ROOM=http]       runs the unit tests [of one room]
#? make lint                    checks the house rules
#? make asan                    runs the unit tests with the sanitizers
#? make tsan                    runs the unit tests of threads with the thread sanitizer
#? make fuzz                    fuzzes each target for FUZZ_SECONDS=20
#? make fault                   breaks something in 1,200 downloads: a broken one must look broken
#? make campaign-cohort         downloads 30,000 instances with four programs, as they are and de-identified
#? make campaign-outages        ends the primary, then a node, in 100 downloads each: none may be lost
#? make bench                   measures (BENCH_QUICK=1: in four minutes)
#? make test-distro             make run and make test on bare Debian 12 and 13, as root and as a user
#? make test-systemd            units and Debian package under a real systemd, container images
#? make test-radosgw           object storage in Ceph: a cluster of one node, on this machine
#? make test-arch               compiles for arm64, i386, armhf and s390x, runs the unit tests there
#? make compile_commands.json   writes the commands of the compiler for editors
#? make deb                     builds the Debian package into build/deb/
#? make install, uninstall      beneath PREFIX=/usr/local (DESTDIR=)

BUILD ?= build
PREFIX ?= /usr/local
SANITIZE ?=
# 1: warnings are errors, as developers and CI want them. A newer compiler than ours must not stop a user.
WERROR ?=
VERSION := 0.2.0

CFLAGS ?= -O2 -g
CXXFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wshadow -Wvla -Wformat=2 -Wundef -Wpointer-arith -Wwrite-strings
ERRORS := $(if $(filter 1,$(WERROR)),-Werror)
HARDEN := -fstack-protector-strong -fPIE $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
SAN := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all)

PKG_CONFIG ?= pkg-config
# Not on big-endian processors, where ISA-L 2.30 deflates to what cannot be inflated.
HAVE_ISAL := $(shell $(PKG_CONFIG) --exists libisal 2>/dev/null && echo __BYTE_ORDER__ __ORDER_LITTLE_ENDIAN__ | \
  $(CC) -E -P - | awk '$$1 == $$2 {print "-DHAVE_ISAL"}')
# Dates after 2038 on 32-bit processors.
TIME_BITS := $(shell echo __SIZEOF_LONG__ | $(CC) -E -P - | awk '$$1 == 4 {print "-D_TIME_BITS=64"}')
PKGS := libpq json-c libssl libcrypto zlib libsystemd libcurl expat $(if $(HAVE_ISAL),libisal)
PKG_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(PKGS) | sed s/-I/-isystem/g)
PKG_LIBS = $(shell $(PKG_CONFIG) --libs $(PKGS))

DEFINES := -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(TIME_BITS) $(HAVE_ISAL) \
  -DWADOZIP_VERSION='"$(VERSION)"' -DWADOZIP_LIBEXEC='"$(PREFIX)/libexec/wadozip"'
CPPFLAGS += -Isrc -I. $(DEFINES)
ALL_CFLAGS = -std=c17 $(CFLAGS) $(WARN) $(ERRORS) -Wstrict-prototypes -Wmissing-prototypes $(HARDEN) $(SAN) \
  $(PKG_CFLAGS) -MMD -MP
ALL_CXXFLAGS = -std=c++17 $(CXXFLAGS) $(WARN) $(ERRORS) $(HARDEN) $(SAN) -MMD -MP
LDFLAGS += -pie -Wl,-z,relro,-z,now $(SAN)

# Rooms and the lower floors that each is linked with (src/README.md).
ROOMS := base limit conf dicom helper search http link store db catalog rights plan format body retrieve index fastcgi \
  respond cli fcgi
USES_base := base
USES_limit := limit base
USES_conf := conf base
USES_dicom := dicom conf base
USES_helper := helper dicom conf base
USES_wadozip-dicom := helper dicom base
USES_search := search dicom conf base
USES_http := http search dicom conf base
USES_link := link http search dicom conf base
USES_store := store conf base
USES_db := db conf base
USES_catalog := catalog db http search helper dicom conf base
USES_rights := rights catalog db link http search helper dicom conf base
USES_plan := plan store helper dicom conf base
USES_format := format plan store helper dicom conf base
USES_body := body format plan store helper dicom conf base
USES_retrieve := retrieve catalog db body format plan http search store helper dicom conf base
USES_index := index catalog db http search store helper dicom conf limit base
USES_cli := index retrieve rights catalog db body format plan link http search store helper dicom conf limit base
USES_fastcgi := fastcgi http search dicom conf limit base
USES_respond := respond fastcgi retrieve rights catalog db body format plan link http search store helper dicom conf limit base
USES_fcgi := respond fastcgi retrieve rights catalog db body format plan link http search store helper dicom conf limit base
libs = $(foreach r,$(USES_$(1)),$(BUILD)/lib$(r).a)

SRC_fcgi := $(filter-out fcgi/main.c,$(wildcard fcgi/*.c))
SRC_cli := $(filter-out src/cli/main.c,$(wildcard src/cli/*.c))
$(foreach r,$(filter-out cli fcgi,$(ROOMS)),$(eval SRC_$(r) := $(wildcard src/$(r)/*.c)))
SQL := $(sort $(wildcard sql/*.sql))
HELPER_SRC := $(wildcard src/wadozip-dicom/*.cc src/wadozip-dicom/*/*.cc)
objs = $(patsubst %,$(BUILD)/obj/%.o,$(1))

PROGRAMS := $(BUILD)/wadozip $(BUILD)/wadozip-fcgi $(BUILD)/wadozip-dicom
UNIT_SRC := $(wildcard tests/unit/*/*.c)
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_SRC))

.PHONY: all libraries helper_libraries deps help run test test-distro test-arch test-systemd test-radosgw check lint asan tsan \
  fuzz fault campaign-cohort campaign-outages bench install uninstall deb clean units FORCE
.SECONDARY:
.SECONDEXPANSION:

# A short line for each file; V=1 shows the commands, make -s neither.
Q := $(if $(V),,@)
say = @$(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),:,echo '  $(1)  $@')

all: $(PROGRAMS)
units: $(UNIT)

# Another prefix, compiler or flag makes everything again: what `make install PREFIX=/usr` installs looks beneath /usr.
export MADE_WITH := $(strip $(CC) $(CXX) $(CPPFLAGS) $(CFLAGS) $(CXXFLAGS) $(WARN) $(HARDEN) $(LDFLAGS))
$(BUILD)/made-with: $(if $(subst $(file <$(BUILD)/made-with),,$(MADE_WITH)),FORCE)
	@mkdir -p $(@D)
	@printf %s "$$MADE_WITH" >$@

# Names the package that is missing before a compiler complains about its header.
libraries:
	@$(PKG_CONFIG) --libs $(PKGS) >/dev/null || { echo 'install what is missing: deploy/packages build' >&2; exit 1; }

helper_libraries:
	@$(PKG_CONFIG) --libs dcmtk $(HELPER_PKGS) >/dev/null || \
	  { echo 'install what is missing: deploy/packages build' >&2; exit 1; }

$(BUILD)/obj/%.c.o: %.c $(BUILD)/made-with | libraries
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/obj/%.cc.o: %.cc $(BUILD)/made-with | helper_libraries
	@mkdir -p $(@D)
	$(call say,CXX)
	$(Q)$(CXX) $(CPPFLAGS) $(ALL_CXXFLAGS) $(HELPER_CFLAGS) -c -o $@ $<

# The SQL is part of the program: nothing but the program has to be installed for `wadozip migrate`.
$(BUILD)/gen/sql_files.c: sql/embed.awk $(SQL)
	@mkdir -p $(@D)
	LC_ALL=C awk -f sql/embed.awk $(SQL) >$@.new && mv $@.new $@

$(BUILD)/obj/sql_files.o: $(BUILD)/gen/sql_files.c $(BUILD)/made-with
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

$(foreach r,$(ROOMS),$(eval $(BUILD)/lib$(r).a: $$(call objs,$$(SRC_$(r)))))
$(BUILD)/libdb.a: $(BUILD)/obj/sql_files.o
$(BUILD)/lib%.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR)
	$(Q)$(AR) rcs $@ $^

$(BUILD)/wadozip: $(call objs,src/cli/main.c) $(BUILD)/libcli.a $(call libs,cli)
	$(call say,LINK)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(PKG_LIBS) -pthread

$(BUILD)/wadozip-fcgi: $(call objs,fcgi/main.c) $(BUILD)/libfcgi.a $(call libs,fcgi)
	$(call say,LINK)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lfcgi $(PKG_LIBS)

HELPER_PKGS = libxml-2.0 libopenjp2 libpng
HELPER_CFLAGS = $(shell $(PKG_CONFIG) --cflags-only-I $(HELPER_PKGS) | sed s/-I/-isystem/)
HELPER_LIBS = $(shell $(PKG_CONFIG) --libs dcmtk $(HELPER_PKGS)) -ljpeg -lcharls -lseccomp -lcrypto -lz \
  $(if $(HAVE_ISAL),-lisal)
$(BUILD)/wadozip-dicom: $(call objs,$(HELPER_SRC)) $(BUILD)/libdicom.a $(BUILD)/libbase.a
	$(call say,LINK)
	$(Q)$(CXX) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(HELPER_LIBS)

room_of = $(firstword $(subst /, ,$(1)))
# Tests of plan and format send bodies to see what they say.
linked_as = $(if $(filter plan format,$(1)),body,$(1))
own = $(if $(filter fcgi cli,$(1)),$(BUILD)/lib$(1).a)
$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.c.o $$(call own,$$(call room_of,$$*)) \
  $$(call libs,$$(call linked_as,$$(call room_of,$$*)))
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) \
	  -lcmocka $(if $(filter fcgi,$(call room_of,$*)),-lfcgi) $(PKG_LIBS) -pthread

deps:
	@deploy/packages build run $(DEPS)

run: DEPS = $(if $(STORE),store)
run: deps
	@$(MAKE) --no-print-directory all $(if $(STORE),$(BUILD)/objectstore/installed.json)
	@setpriv --pdeathsig TERM deploy/run

# An object store for STORE=s3 and the tests.
$(BUILD)/objectstore/installed.json: tests/system/objectstore/package.json tests/system/objectstore/package-lock.json
	@mkdir -p $(@D)
	@cp $^ $(@D)
	@cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=5 --silent >&2
	@cp $(@D)/package-lock.json $@

# Tests that need real servers start them in folders of their own; see tests/README.md.
test: DEPS = test
test: deps
	@$(MAKE) --no-print-directory all units
	@tests/run

# On bare Debian 12 and 13; for other processors. Both need root, and more time than `make test` may take.
test-distro: DEPS = distro
test-distro: deps
	@tests/distro bookworm
	@tests/distro trixie

test-arch: DEPS = arch
test-arch: deps
	@BUILD=$(BUILD) tests/arch

check: all $(if $(ROOM),$(filter $(BUILD)/unit/$(ROOM)/%,$(UNIT)),units)
	@BUILD=$(BUILD) tests/run unit $(ROOM)

# For editors and clang tools: one entry a source file, as this Makefile compiles it.
compile_commands.json: FORCE
	@$(MAKE) --no-print-directory -snB all units | sed -n '/ -c -o /{ s/[\\"]/\\&/g; p; }' | \
	  sed 's|.* \([^ ]*\)$$|{"directory": "$(CURDIR)", "file": "\1", "command": "&"}|' | \
	  sed '1s/^/[/; $$!s/$$/,/; $$s/$$/]/' >$@.new && mv $@.new $@

help:
	@sed -n 's/^#? //p' Makefile

lint:
	@tests/lint

asan:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan SANITIZE=address,undefined check

# The sanitizer needs addresses where its shadow memory expects them: setarch -R.
THREADED := base/work_queue base/sink_thread base/sink body/deflate_pool body/deflate_stream store/stat_pool store/s3_check

tsan:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/tsan SANITIZE=thread $(THREADED:%=$(BUILD)/tsan/unit/%)
	@for t in $(THREADED); do setarch -R $(BUILD)/tsan/unit/$$t || exit 1; done

fuzz: DEPS = fuzz
fuzz: deps
	@tests/fuzz/run

fault: DEPS = test
fault: deps
	@$(MAKE) --no-print-directory all
	@tests/fault/campaign.py
	@tests/fault/hostile.py

campaign-cohort: DEPS = test
campaign-cohort: deps
	@$(MAKE) --no-print-directory all
	@tests/fault/cohort.py

campaign-outages: DEPS = test
campaign-outages: deps
	@$(MAKE) --no-print-directory all
	@tests/fault/outages.py primary node

bench: DEPS = test bench
bench: deps
	@$(MAKE) --no-print-directory all
	@tests/bench/run

install: all
	@deploy/install install $(BUILD) $(PREFIX) $(DESTDIR)

uninstall:
	@deploy/install uninstall $(BUILD) $(PREFIX) $(DESTDIR)

# On a bare tree of this release, which debootstrap makes in the build folder.
test-systemd: DEPS = test deb distro container
test-systemd: deps
	@$(MAKE) --no-print-directory all
	@WADOZIP_BUILD=$(abspath $(BUILD)) /usr/bin/python3 -m pytest -q -p no:cacheprovider tests/system/test_systemd.py tests/install

# A cluster in a folder of its own; the system tests of object storage run with it in place of s3rver.
test-radosgw: DEPS = test radosgw
test-radosgw: deps
	@$(MAKE) --no-print-directory all
	@WADOZIP_BUILD=$(abspath $(BUILD)) WADOZIP_TEST_STORE=radosgw /usr/bin/python3 -m pytest -q -p no:cacheprovider \
	  -k 'not in_a_folder' tests/system/test_object_*.py tests/system/test_nodes.py tests/system/radosgw

deb: DEPS = build deb
deb: deps
	@env -u MAKEFLAGS -u MAKELEVEL deploy/deb $(BUILD)

clean:
	rm -rf $(BUILD)

-include $(shell [ -d $(BUILD)/obj ] && find $(BUILD)/obj -name '*.d')
