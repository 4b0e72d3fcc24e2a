#!/bin/sh
# SPDX-License-Identifier: ISC
# The manual pages: clean for mandoc, and naming every option and command that the programs' own help names, every signal
# that the master acts on, every variable of the environment that is read, every route and every FastCGI variable of ours.
set -eu

srcdir=${srcdir:-.}
daemon=$srcdir/src/doorward.8
ctl=$srcdir/src/ctl/doorwardctl.1
http=$srcdir/src/web/doorward-http.7
events=$srcdir/src/relay/doorward-events.7
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

complain() {
	echo "$1"
	failed=1
}

# Options as they stand in a page: Fl c, Fl \-json.
options_of() {
	sed -n -e 's/\\&//g' -e '/^\.\(Op\|It\|Nm\|Fl\|Cm\|Ar\|Pq\)/p' "$1" | awk '{
		for (i = 1; i < NF; i++)
			if ($i == "Fl")
				for (k = i + 1; k <= NF && $k != "Ar" && $k != "Oc"; k++)
					if ($k != "|" && $k != "Fl") {
						sub(/^\\-/, "-", $k)
						print "-" $k
					}
	}' | sort -u
}

check_options() { # program page
	./"$1" -h >"$work/help"
	# Single letters and long words, not hyphens within words.
	grep -oE '(^|[ [|])-(-[a-z][a-z-]*|[A-Za-z0-9])' "$work/help" | sed 's/^[^-]*//' | sort -u >"$work/offered"
	options_of "$2" >"$work/written"
	while read -r option; do
		grep -qx -e "$option" "$work/written" || complain "$1 -h tells of $option, $2 does not"
	done <"$work/offered"
}

check_commands() {
	sed -n 's/^  \([a-z].*\)/\1/p' "$work/help" | awk '{ print $1, $2 ~ /^[a-z]+$/ ? $2 : "" }' >"$work/commands"
	while read -r word verb; do
		for place in 'Cm' 'It Cm'; do # the synopsis, and where it is explained
			grep -E "^\.$place $word" "$ctl" | grep -qw -e "${verb:-$word}" || complain "doorwardctl $word $verb is not in $ctl as .$place"
		done
	done <"$work/commands"
}

# What a CGI server sets for a request, and what only one master tells the next, is not for people.
check_environment() { # page directory-or-file…
	page=$1
	shift
	grep -rhoE '(getenv|copy_of)\("[A-Z_]+"\)' "$@" | grep -oE '[A-Z_]{2,}' | sort -u | grep -vx CONTENT_LENGTH >"$work/variables"
	while read -r name; do
		grep -E '^\.(It )?Ev ' "$page" | grep -qw "$name" || complain "$page does not tell of \$$name"
	done <"$work/variables"
}

check_signals() {
	sed -n '/ handled\[\] = {/,/};/{p;/};/q}' "$srcdir/src/master/signals.c" | grep -oE 'SIG[A-Z0-9]+' | grep -vx SIGCHLD >"$work/signals"
	while read -r name; do
		grep -E '^\.It Dv ' "$daemon" | grep -qw "${name#SIG}" || complain "$daemon does not tell of $name"
	done <"$work/signals"
}

check_routes() {
	sed -n 's/^\t{ "\(\/[^"]*\)", METHOD_.*/\1/p' "$srcdir/src/web/route.c" | sort -u >"$work/routes"
	while read -r path; do
		item=$(printf '%s' "$path" | sed -e 's/\*/ Ns Ar id/' -e 's,id/,id Ns Pa /,')
		grep -qE "^\.It Pa $item( |\$)" "$http" || complain "$http does not tell of $path"
	done <"$work/routes"
	grep -ohE 'NAME\("DOORWARD_[A-Z_]+"\)' "$srcdir"/src/http/params.c "$srcdir"/src/http/params.c 2>/dev/null | grep -oE 'DOORWARD_[A-Z_]+' >"$work/variables"
	while read -r name; do
		grep -qx ".It Ev $name" "$http" || complain "$http does not tell of $name"
	done <"$work/variables"
	sed -n 's/^\t{ "\(\/[^"]*\)", \(READS\|METHOD_\).*/\1/p' "$srcdir/src/admin/routes.c" >"$work/admin"
	sed '1,/^\.Sh ADMINISTRATION/d' "$http" >"$work/operators"
	while read -r path; do
		grep -qE "^\.It Pa $(printf '%s' "$path" | sed 's/\*/ Ns Ar id/') Pq " "$work/operators" || complain "$http does not tell of $path"
	done <"$work/admin"
	for list in routes variables admin; do
		[ -s "$work/$list" ] || complain "no $list were found in src/web"
	done
}

# Every type of event, and every type of sink, is explained.
check_events() {
	sed -n '/define EVENT_TYPES/,/token_revoked/p' "$srcdir/include/doorward/event.h" | grep -oE '"[a-z_]+"' | tr -d '"' >"$work/types"
	while read -r type; do
		grep -qx ".It Cm $type" "$events" || complain "$events does not tell of the event $type"
	done <"$work/types"
	sed -n '/ kinds\[\] = {/,/^};/s/^\t{ "\([a-z]*\)".*/\1/p' "$srcdir/src/config/sinks.c" >"$work/sinks"
	while read -r type; do
		grep -qx ".Ss $type" "$events" || complain "$events does not tell of the sink $type"
	done <"$work/sinks"
	for list in types sinks; do
		[ -s "$work/$list" ] || complain "no $list of events were found"
	done
}

# Whoever is woken by an alert finds in the manual what to do.
check_alerts() {
	sed -n 's/^ *- alert: //p' "$srcdir/contrib/prometheus/doorward.rules.yml" | sort >"$work/alerts"
	sed -n 's/^\.It Li Doorward/Doorward/p' "$daemon" | sed 's/ , /\n/g' | sort >"$work/explained"
	[ -s "$work/alerts" ] || complain "no alerts were found"
	diff "$work/alerts" "$work/explained" >"$work/differ" || complain "alerts without a place in $daemon, or the other way round: $(cat "$work/differ")"
}

# What a page shows is what people copy: it has to be good as it stands.
check_examples() {
	(umask 077 && openssl rand -hex 32 >"$work/gateway.secret")
	sed -e 's/\\(dq/"/g' -e "s,/etc/doorward/,$work/," "$srcdir/conf/doorward.conf.5" | awk -v to="$work/example" '
	/^\.Bd -literal/ { inside = 1; text = ""; next }
	/^\.Ed/ { if (inside && text ~ /^[a-z_]+( =|:) [^\n]*[({;"]/ && text ~ /;\n$/) printf "%s", text > (to n++); inside = 0; next }
	inside { text = text $0 "\n" }'
	[ -s "$work/example1" ] || complain "no examples were found in doorward.conf(5)"
	for example in "$work"/example*; do
		! grep -q '^postgresql:' "$example" || echo 'userdb: { url = "postgresql:///accounts"; };' >>"$example"
		./doorwardctl -c "$example" config test >"$work/said" 2>&1 || complain "an example in doorward.conf(5) is refused: $(cat "$work/said")"
	done
	# redis-server takes a comment for one argument more
	grep -nE '^(maxmemory|append|repl|client-output|sentinel)[^ ]* .*#' "$srcdir/src/store/doorward-scaling.7" &&
	    complain "Redis knows no comment behind an option"
	return 0
}

check_sections() { # page section…
	page=$1
	shift
	for section in "$@"; do
		grep -qxF ".Sh $section" "$page" || complain "$page has no section $section"
	done
}

check_options doorward "$daemon"
check_options doorwardctl "$ctl"
check_commands
check_environment "$ctl" "$srcdir/src/ctl" "$srcdir/src/config"
check_environment "$daemon" "$srcdir/src/main.c" "$srcdir/src/config" "$srcdir/src/master" "$srcdir/src/worker" "$srcdir/src/child" "$srcdir/src/base"
check_signals
check_routes
check_events
check_alerts
check_examples
check_sections "$daemon" SYNOPSIS SIGNALS ENVIRONMENT FILES "EXIT STATUS" EXAMPLES DIAGNOSTICS "SEE ALSO"
check_sections "$ctl" SYNOPSIS ENVIRONMENT FILES "EXIT STATUS" EXAMPLES "SEE ALSO"
check_sections "$srcdir/conf/doorward.conf.5" OPTIONS CLIENTS "SECURITY BASELINE" FILES EXAMPLES "SEE ALSO"

if command -v mandoc >/dev/null 2>&1; then
	for page in "$daemon" "$ctl" "$http" "$events" "$srcdir/src/store/doorward-scaling.7" "$srcdir/conf/doorward.conf.5"; do
		mandoc -T lint -W warning "$page" >"$work/lint" 2>&1 || true
		grep -v -e 'referenced manual not found' -e 'outdated mandoc.db' "$work/lint" && failed=1
	done
fi
# groff, by which people read them: what quotes goes on to the end of its line there, and takes in what was meant to stand behind it.
if command -v groff >/dev/null 2>&1; then
	export LC_ALL=C.UTF-8
	for page in "$daemon" "$ctl" "$http" "$events" "$srcdir/src/store/doorward-scaling.7" "$srcdir/conf/doorward.conf.5"; do
		groff -mdoc -Tutf8 -rLL=3000n -P-cbou "$page" >"$work/page" 2>/dev/null
		[ -s "$work/page" ] || complain "$page: nothing comes of it"
		# shellcheck disable=SC1112  # these quotation marks are what is looked for
		grep -oE '‘[^’]*‘.{0,60}|“[^”]*“.{0,60}' "$work/page" && complain "$page: a quotation within a quotation"
	done
fi
exit $failed
