# Prints name, version and state of those of the packages in the arguments that the package manager knows; nothing where there is none.
if command -v dpkg-query >/dev/null 2>&1; then
  dpkg-query -W -f='${Package}\t${Version}\t${db:Status-Status}\n' "$@" 2>/dev/null || :
elif command -v rpm >/dev/null 2>&1; then
  rpm -q --qf '%{NAME}\t%{VERSION}-%{RELEASE}\tinstalled\n' "$@" 2>/dev/null | grep '	' || :
fi
