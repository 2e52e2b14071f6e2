#!/bin/sh
# Installs the JavaScript peers of tests into .tools/npm, at the versions named here, unless they are there.
set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
folder=$top/.tools/npm
package=iso_8583 version=2.6.7

found=$(sed -nE 's/^ *"version": *"([^"]+)".*/\1/p' "$folder/node_modules/$package/package.json" 2>/dev/null | head -n 1)
[ "$found" = "$version" ] && exit 0
mkdir -p "$folder"
echo "npm: installing $package $version into .tools/npm"
# Its own scripts do not run, and nothing is looked up beyond what is installed.
npm install --prefix "$folder" --no-save --no-audit --no-fund --no-package-lock --ignore-scripts --loglevel=error "$package@$version"
