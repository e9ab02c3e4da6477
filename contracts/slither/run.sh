#!/usr/bin/env bash
# Installs Slither beside the other engines if it is not there, and checks the contracts with it.
set -euo pipefail
cd "$(dirname "$0")/../.."

home=$PWD/.engines/slither
if [ ! -x "$home/bin/slither" ]; then
  python3 -m venv "$home" 2>/dev/null || { apt-get install -y -qq python3-venv >/dev/null && python3 -m venv "$home"; }
  "$home/bin/pip" install --quiet --disable-pip-version-check -r contracts/slither/requirements.txt
fi
SLITHER=$home/bin/slither exec node contracts/slither/check.ts
