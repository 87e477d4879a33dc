# shellcheck shell=sh
# Test results in the form that everything can count. For tools that are a list of checks:
# `point NAME COMMAND...` for each of them, `points_finish` at the end.

point_count=0
points_failed=0
point_output=$(mktemp)

# The command's words are shown only when it fails.
point() {
    point_count=$((point_count + 1))
    point_name=$1
    shift
    if "$@" >"$point_output" 2>&1; then
        echo "ok $point_count - $point_name"
    else
        points_failed=$((points_failed + 1))
        echo "not ok $point_count - $point_name"
        sed 's/^/# /' "$point_output"
    fi
}

# Returns how it all went.
points_finish() {
    rm -f "$point_output"
    echo "1..$point_count"
    [ "$points_failed" -eq 0 ]
}
