#!/usr/bin/env bash
# Brings a machine that has python3 and bash to a running CFMS demo, or through the whole test suite.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PYTHON=${CFMS_PYTHON:-python3}
VENV=${CFMS_VENV:-$ROOT/.venv}
PHASES=(ruff mypy imports shellcheck translations pytest browser faults install docs)
TEST_PACKAGES=(postgresql chromium fonts-noto-core strace iproute2 libfaketime)

usage() {
    cat <<END
./install.sh demo [options]           run a centre and headquarters side by side, with sample data;
                                      the options are those of "cfms demo", see ./install.sh demo --help
./install.sh test [--soak] [phase…]   run every check and test, or the phases named:
                                      ${PHASES[*]}
                                      --soak adds the long ones

CFMS_VENV    the virtual environment (default: .venv beside this script)
CFMS_PYTHON  the Python to make it with, 3.11 to 3.13 (default: python3)
END
}

say() { printf '%s\n' "$*" >&2; }

die() {
    say "$*"
    exit 2
}

# --- what the machine must have -----------------------------------------------------------------------

have() { # have PACKAGE: is what this Debian package brings already here, however it came?
    case $1 in
        python3-venv) "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null ;;
        postgresql) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ;;
        fonts-noto-core) [[ -e /usr/share/fonts/truetype/noto/NotoSans-Regular.ttf ]] ;;
        iproute2) command -v ip >/dev/null ;;
        libfaketime) compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

need() { # need PACKAGE…: install those that are missing, or say which they are
    local package missing=()
    for package in "$@"; do
        have "$package" || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
        die "Missing: ${missing[*]}. Install that first (on Debian, as root: apt-get install ${missing[*]}) and run this again."
    fi
    say "Installing Debian's ${missing[*]} …"
    apt_install "${missing[@]}" || die "Debian's ${missing[*]} could not be installed; the lines above say why."
}

apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

check_python() {
    command -v "$PYTHON" >/dev/null || die "There is no $PYTHON here. CFMS needs Python 3.11, 3.12 or 3.13."
    "$PYTHON" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
        || die "$PYTHON is $("$PYTHON" -V); CFMS needs Python 3.11, 3.12 or 3.13. Name one in CFMS_PYTHON."
}

# --- the virtual environment ----------------------------------------------------------------------------

fingerprint() { # changes when the dependencies or the Python do
    { "$PYTHON" -V && cat "$ROOT/setup.cfg" "$ROOT/pyproject.toml"; } | sha256sum
}

is_ready() { # is_ready WORD: was everything for demo (or test) installed, from the setup.cfg of now?
    [[ -x $VENV/bin/cfms && -f $VENV/.cfms-$1 && $(<"$VENV/.cfms-$1") == "$(fingerprint)" ]]
}

ready_venv() { # ready_venv WORD EXTRAS: a virtual environment with CFMS and these extras in it
    check_python
    is_ready "$1" && return
    need python3-venv
    say "Preparing Python packages in $VENV (once; a minute or two) …"
    "$PYTHON" -m venv "$VENV"
    rm -f "$VENV"/.cfms-*
    "$VENV/bin/python" -m pip install -qq --disable-pip-version-check --editable "$ROOT$2" \
        || die "The Python packages could not be installed; the lines above say why. The first time needs a connection to a package index."
    fingerprint >"$VENV/.cfms-$1"
}

# --- demo -------------------------------------------------------------------------------------------------

demo() {
    is_ready test || ready_venv demo ""
    exec "$VENV/bin/cfms" demo "$@"
}

# --- test: one function a phase ----------------------------------------------------------------------------

phase_ruff() { ruff check . && ruff format --check .; }

phase_mypy() { mypy appliance sync kiosk_ui docs bench tests; }

phase_imports() { lint-imports --no-logo; }

phase_shellcheck() {
    local scripts
    mapfile -t scripts < <(find .ci install.sh appliance bench config docs systemd tests -type f \( -name '*.sh' -o -path '.ci/*' \))
    shellcheck "${scripts[@]}"
}

phase_translations() { pytest tests/translations; }

phase_pytest() {
    pytest -n "$(workers)" --dist loadgroup tests \
        --ignore tests/translations --ignore tests/browser --ignore tests/faults --ignore tests/install --ignore tests/docs
}

phase_browser() { pytest -n "$(workers)" --dist loadgroup tests/browser; }

phase_faults() { pytest -n $(($(workers) + 2)) --dist loadgroup tests/faults; } # most of it is waiting for processes to start

phase_install() { pytest tests/install; }

phase_docs() { pytest tests/docs; }

workers() { # processes that share the tests: one a core, four at most
    local cores
    cores=$(nproc)
    echo $((cores < 4 ? cores : 4))
}

run_phase() { # run_phase NAME: run it, show it, note its result
    local name=$1 started=$SECONDS result=passed
    printf '\n=== %s ===\n' "$name"
    "phase_$name" 2>&1 | tee "$LOGS/$name" || result=FAILED
    local closing
    closing=$(grep -E '^=+ .*(passed|failed|error|skipped).* in .*=+$' "$LOGS/$name" | tail -n 1 | tr -d '=' || true)
    SUMMARY+=("$(printf '%-13s %-7s %5d s  %s' "$name" "$result" $((SECONDS - started)) "$closing")")
    [[ $result == passed ]]
}

run_tests() {
    local phase phases=() failed=0
    for phase in "$@"; do
        case $phase in
            --soak) export CFMS_SOAK=1 ;;
            *)
                [[ " ${PHASES[*]} " == *" $phase "* ]] || die "There is no phase $phase. There are: ${PHASES[*]}."
                phases+=("$phase")
                ;;
        esac
    done
    ((${#phases[@]})) || phases=("${PHASES[@]}")
    ready_venv test "[hq,printer,test]"
    need "${TEST_PACKAGES[@]}"
    export CFMS_REQUIRE_POSTGRES=1 CFMS_REQUIRE_CHROMIUM=1 CFMS_REQUIRE_FAKETIME=1 PATH="$VENV/bin:$PATH"
    LOGS=$(mktemp -d)
    trap 'rm -rf "$LOGS"' EXIT
    trap 'exit 130' INT
    SUMMARY=()
    for phase in "${phases[@]}"; do
        run_phase "$phase" || failed=1
    done
    printf '\n=== summary ===\n'
    printf '%s\n' "${SUMMARY[@]}" "$(printf '%-13s %-7s %5d s' all "$( ((failed)) && echo FAILED || echo passed)" "$SECONDS")"
    return "$failed"
}

main() {
    local what=${1:-}
    (($#)) && shift
    cd "$ROOT"
    case $what in
        demo) demo "$@" ;;
        test) run_tests "$@" ;;
        help | -h | --help) usage ;;
        *) usage >&2 && exit 2 ;;
    esac
}

main "$@"
