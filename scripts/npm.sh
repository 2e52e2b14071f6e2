#!/bin/sh
# Installs the JavaScript peers of tests into .tools/npm, at the versions named here, unless they are there.
set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
folder=$top/.tools/npm

missing=''
for wanted in iso_8583@2.6.7 acorn@8.15.0; do
	found=$(sed -nE 's/^ *"version": *"([^"]+)".*/\1/p' "$folder/node_modules/${wanted%@*}/package.json" 2>/dev/null | head -n 1)
	[ "$found" = "${wanted#*@}" ] || missing="$missing $wanted"
done
[ -n "$missing" ] || exit 0
mkdir -p "$folder"
echo "npm: installing$missing into .tools/npm"
# Their own scripts do not run, and nothing is looked up beyond what is installed. npm takes away what is not named: both at once.
npm install --prefix "$folder" --no-save --no-audit --no-fund --no-package-lock --ignore-scripts --loglevel=error iso_8583@2.6.7 acorn@8.15.0
