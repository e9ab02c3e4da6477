#!/usr/bin/env bash
# Installs Forge if it is not there, and runs the contracts' invariants with it.
set -euo pipefail
cd "$(dirname "$0")/.."

[ -d forge/node_modules/@foundry-rs ] || npm ci --prefix forge --ignore-scripts --no-audit --no-fund --silent
# Forge looks for its program beside the package.
FOUNDRY_CONFIG=forge/foundry.toml exec forge/node_modules/.bin/forge test --root . "$@"
