#!/usr/bin/env bash
# What action.yml runs: trains, measures by gates, compares, and comments with what nnt wrote into the step's summary.
# Inputs come as environment variables, so that no text from outside is ever part of a script.
set -uo pipefail
nnt() { node "$GITHUB_ACTION_PATH/bin/nnt.js" "$@"; }

# Gives its lines as `--option line`, in the array that it names.
options() {
  local -n into=$1
  while IFS= read -r line; do [ -n "${line// /}" ] && into+=("$2" "$line"); done <<<"$3"
}

told=$(mktemp)
step_summary=${GITHUB_STEP_SUMMARY:-/dev/null}
export GITHUB_STEP_SUMMARY=$told

sets=() gates=()
options sets --set "${SET:-}"
options gates --fail-if "${FAIL_IF:-}"
if [ -n "${BASELINE:-}" ]; then
  gates+=(--baseline "$BASELINE/summary.json")
  [ -n "${TOLERANCE:-}" ] && gates+=(--tolerance "$TOLERANCE")
fi

nnt train "$SPEC" --out "$OUT" --overwrite "${sets[@]}"
code=$?
if [ $code = 0 ]; then
  {
    echo "model=$OUT/best.ckpt"
    echo "summary=$OUT/summary.json"
  } >>"${GITHUB_OUTPUT:-/dev/null}"
  nnt eval "$OUT/best.ckpt" "${gates[@]}"
  code=$?
  # A gate that is met, or a comparison that cannot be made, takes nothing from what is told.
  [ -n "${BASELINE:-}" ] && { nnt compare "$BASELINE" "$OUT" || [ $code != 0 ] || code=$?; }
fi

cat "$told" >>"$step_summary"
if [ "${COMMENT:-}" = true ] && [ -n "${PULL_REQUEST:-}" ] && [ -s "$told" ]; then
  gh pr comment "$PULL_REQUEST" --repo "$GITHUB_REPOSITORY" --body-file "$told" --edit-last --create-if-none ||
    echo "::warning title=nnt::the pull request could not be commented on"
fi
exit $code
