# Prints what a server shows of the agents of a table, under one '==> NAME' line each. $1: the table, lines of a kind and
# words. No value of a setting leaves the server unless the table names its key (lines 'key'); of a URL only scheme, host
# and port do. The arguments of processes are not read: they may hold keys.
export LC_ALL=C SYSTEMD_COLORS=0
# The table by kind, without a process: each costs the server more than the whole loop.
nl='
'
units='' processes='' keys='' confs='' secrets='' logs='' journals=''
lines() { set -f; IFS=$nl; }
usual() { set +f; unset IFS; }
lines
for line in $1; do
  value=${line#* }
  case $line in
    'unit '*) units="$units $value" ;;
    'process '*) processes=$processes$nl$value ;;
    'key '*) keys=$keys$nl$value ;;
    'conf '*) confs=$confs$nl$value ;;
    'secret '*) secrets=$secrets$nl$value ;;
    'log '*) logs=$logs$nl$value ;;
    'journal '*) journals=$journals$nl$value ;;
  esac
done
usual
section() { printf '\n==> %s\n' "$*"; }

section time
date '+%s.%N

==> zone
%z'
section uptime
read -r since < /proc/uptime && printf '%s\n' "$since"
section units
# Of a unit that is not there systemd would first look in all its directories for a file (systemd.unit(5)), which for all of the
# table takes more than all the rest. One without a file is there as long as it has a control group.
there=''
for unit in $units; do
  for place in /etc/systemd/system /usr/lib/systemd/system /lib/systemd/system /usr/local/lib/systemd/system /run/systemd/system \
    /run/systemd/generator /run/systemd/generator.early /run/systemd/generator.late /run/systemd/transient /run/systemd/system.control \
    /etc/systemd/system.control /etc/systemd/system.attached /run/systemd/system.attached \
    /sys/fs/cgroup/system.slice /sys/fs/cgroup/unified/system.slice /sys/fs/cgroup/systemd/system.slice; do
    if [ -e "$place/$unit" ]; then there="$there $unit"; break; fi
  done
done
# Whether systemd answers at all has to be seen, so it is asked for one where none is there.
[ -n "$there" ] || there=${units#"${units%%[! ]*}"} there=${there%% *}
states=$(systemctl show --no-pager --property=Id,Names,LoadState,ActiveState,SubState,UnitFileState,MainPID,ActiveEnterTimestampMonotonic $there 2>&1) || :
printf '%s\n' "$states"
# The names of those that are active, each between blanks: asking systemd for each would take most of the time.
active=' '
lines
for line in $states; do
  case $line in Names=*) names=${line#Names=} ;; ActiveState=active) active="$active$names " ;; esac
done
usual

section processes
names=$processes
export names
found=
if list=$(ps -eo pid=,etimes=,user:32=,state=,comm= 2>&1); then found=$(printf '%s\n' "$list" | awk '
  BEGIN { n = split(ENVIRON["names"], list, "\n"); for (i = 1; i <= n; i++) known[list[i]] = 1 }
  { name = $5; for (i = 6; i <= NF; i++) name = name " " $i; if (name in known) print $1, $2, $3, $4, name }')
else printf '!ps: %s\n' "$(printf '%s' "$list" | head -n 1)"
fi
printf '%s\n' "$found" | while read -r pid age user state name; do
  [ -n "$pid" ] || continue
  # One that has ended meanwhile, or only tells its version or checks a file, as other commands have it do, serves nothing.
  [ -d "/proc/$pid" ] || continue
  [ "$name" != haproxy ] || case " $(tr '\0' ' ' < "/proc/$pid/cmdline" 2>/dev/null)" in ' '|*' -v '*|*' -vv '*|*' -c '*) continue ;; esac
  exe=$(readlink "/proc/$pid/exe" 2>/dev/null) || exe=
  group=''
  while IFS= read -r line; do case $line in 0::*) group=${line#0::} ;; esac; done 2>/dev/null < "/proc/$pid/cgroup"
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$pid" "$age" "$user" "$state" "$name" "$exe" "$group"
done

section sockets
pids=''
lines
for line in $found; do pids=$pids${line%% *}$nl; done
usual
export pids
# A process may hold any number of connections (a balancer does); of each kind of state 100 are enough to judge by.
if [ -z "$pids" ]; then :
elif all=$(ss -H -tuanpi 2>&1); then
  printf '%s\n' "$all" | awk '
    BEGIN { n = split(ENVIRON["pids"], list, "\n"); for (i = 1; i <= n; i++) if (list[i] != "") known[list[i]] = 1 }
    function flush(  rest, pid) {
      rest = line
      while (match(rest, /pid=[0-9]+/)) {
        pid = substr(rest, RSTART + 4, RLENGTH - 4); rest = substr(rest, RSTART + RLENGTH)
        if ((pid in known) && count[pid, state]++ < 100) { print line; break }
      }
    }
    /^[ \t]/ { sub(/^[ \t]+/, " "); line = line $0; next }
    { if (NR > 1) flush(); line = $0; state = $2 }
    END { flush() }'
else printf '!%s\n' "$all"
fi

section containers
for engine in docker podman; do
  command -v "$engine" >/dev/null 2>&1 || continue
  if list=$(timeout 5 "$engine" ps --all --format '{{.ID}}|{{.Image}}|{{.Names}}|{{.Status}}' 2>&1); then
    printf '%s\n' "$list" | sed -n "s/^..*/$engine|&/p"
  else printf '!%s: %s\n' "$engine" "$(printf '%s' "$list" | head -n 1)"
  fi
done

export keys
outline() {
  awk -v format="$1" '
    BEGIN { n = split(ENVIRON["keys"], list, "\n"); for (i = 1; i <= n; i++) keep[list[i]] = 1 }
    function clean(v,   out, url, before, scheme, rest) {
      out = ""
      while (match(v, /[A-Za-z][A-Za-z0-9+.-]*:\/\/[^"\047, \t\]}]*/)) {
        before = substr(v, 1, RSTART - 1); url = substr(v, RSTART, RLENGTH); v = substr(v, RSTART + RLENGTH)
        scheme = url; sub(/:\/\/.*/, "", scheme)
        rest = substr(url, length(scheme) + 4); sub(/[\/?#].*/, "", rest); sub(/.*@/, "", rest)
        out = out before scheme "://" rest
      }
      return out v
    }
    function value(key, v) {
      if (v == "") return ""
      if (key in keep) return clean(v)
      return (v ~ /^["\047]?(\$[{(A-Z]|ENC\[|@[{]|env\(|sys\.env)/) ? "(reference)" : "***"
    }
    function entry(indent, key, v) {
      sub(/[ \t]+#.*$/, "", v); sub(/[ \t]+$/, "", v)
      printf "K\t%d\t%s\t%s\n", indent, key, value(key, v)
    }
    { sub(/\r$/, "") }
    /^[ \t]*$/ || /^[ \t]*#/ { next }
    format != "haproxy" && format != "properties" && /^[ \t]*(;|\/\/)/ { next }
    format == "haproxy" {
      if ($1 ~ /^(frontend|listen|backend|defaults|global|userlist|peers|resolvers|cache|program|ring|http-errors|fcgi-app|mailers|log-forward)$/) print "S\t" $1 " " $2
      else if ($1 == "bind" || ($1 == "http-request" && $2 == "use-service")) { key = $1; sub(/^[ \t]*[^ \t]+[ \t]+/, ""); printf "K\t4\t%s\t%s\n", key, $0 }
      next
    }
    format == "yaml" {
      match($0, /^[ ]*(- +)*/); indent = RLENGTH; dash = index(substr($0, 1, RLENGTH), "-"); rest = substr($0, RLENGTH + 1)
      if (rest ~ /^(---|\.\.\.)/) next
      if (match(rest, /^("[^"]*"|\047[^\047]*\047|[^:"\047{[ \t][^:]*):([ \t]|$)/)) {
        key = substr(rest, 1, RLENGTH); sub(/:[ \t]*$/, "", key); gsub(/^["\047]|["\047]$/, "", key)
        v = substr(rest, RLENGTH + 1); sub(/^[ \t]+/, "", v)
        if (dash) printf "D\t%d\n", dash - 1
        entry(indent, key, v)
      } else if (dash || rest ~ /^["\047]?[a-z+]+:\/\//) {
        printf "L\t%d\t%s\n", indent, (rest ~ /:\/\// || rest ~ /^["\047]?[A-Za-z0-9._-]+:[0-9]+["\047]?$/) ? clean(rest) : "***"
      }
      next
    }
    /^[ \t]*<\/?[A-Za-z]/ || (/^[ \t]*\[/ && /\][ \t]*$/ && (format == "toml" || format == "ini")) { sub(/^[ \t]+/, ""); print "S\t" $0; next }
    format == "alloy" && /^[ \t]*[A-Za-z_][A-Za-z0-9_.]*([ \t]+"[^"]*")?[ \t]*[{][ \t]*$/ { sub(/^[ \t]+/, ""); print "S\t" $0; next }
    format == "alloy" && /^[ \t]*[])}],?[ \t]*$/ { print "S\t}"; next }
    format == "blocks" { match($0, /^[ \t]*/); indent = RLENGTH; key = $1; sub(/^[ \t]*[^ \t]+[ \t]*/, ""); entry(indent, key, $0); next }
    index($0, "=") {
      match($0, /^[ \t]*/); indent = RLENGTH
      key = substr($0, 1, index($0, "=") - 1); v = substr($0, index($0, "=") + 1)
      sub(/^[ \t]+/, "", key); sub(/[ \t]+$/, "", key); sub(/^(export|set)[ \t]+/, "", key); gsub(/^"|"$/, "", key); sub(/^[ \t]+/, "", v)
      entry(indent, key, v); next
    }
    /:\/\// { match($0, /^[ \t]*/); printf "L\t%d\t%s\n", RLENGTH, clean(substr($0, RLENGTH + 1)) }
  ' "$2"
}

lines
for line in $confs; do
  usual
  agent=${line%% *} line=${line#* }
  format=${line%% *} pattern=${line#* }
  for file in $pattern; do
    [ -f "$file" ] || continue
    section "file $agent $format $file"
    stat -L -c '%a %U %G %Y' -- "$file"
    outline "$format" "$file" 2>/dev/null || echo '!unreadable'
  done
done
lines
for line in $secrets; do
  usual
  agent=${line%% *} pattern=${line#* }
  for file in $pattern; do
    [ -f "$file" ] || continue
    section "file $agent secret $file"
    stat -L -c '%a %U %G %Y' -- "$file"
  done
done
usual

# Of a line of a log only its beginning with the time is told; the rest may hold a key.
last() { if [ -n "$2" ]; then found=$(grep -E -- "$2" | tail -n 1 | cut -c1-48); [ -z "$found" ] || printf '%s %s\n' "$1" "$found"; else cat >/dev/null; fi; }
tab='	'
fields() { agent=${1%%"$tab"*} line=${1#*"$tab"}; sent=${line%%"$tab"*} line=${line#*"$tab"}; failed=${line%%"$tab"*} line=${line#*"$tab"}; }
lines
for line in $logs; do
  usual
  fields "$line"
  for file in $line; do
    [ -f "$file" ] || continue
    section "log $agent $file"
    stat -L -c 'modified %Y' -- "$file"
    tail -c 1000000 -- "$file" | last sent "${sent#-}"
    tail -c 1000000 -- "$file" | last failed "${failed#-}"
  done
done
lines
for line in $journals; do
  usual
  fields "$line"
  for unit in $line; do
    case $active in *" $unit "*) ;; *) continue ;; esac
    section "journal $agent $unit"
    text=$(journalctl --quiet --no-pager --unit="$unit" --lines=1000 --output=short-unix 2>/dev/null) || continue
    printf '%s\n' "$text" | last sent "${sent#-}"
    printf '%s\n' "$text" | last failed "${failed#-}"
  done
done
