# A tour of bash: what scripts do, in some hundred lines.
set -u
shopt -s extglob nullglob
declare -i total=0
declare -a list=(one "two words" three)
declare -A map=([red]=1 [green]=2 [blue]=3)

function describe() {
  local -r what=$1; shift
  printf '%-12s' "$what:"
  printf ' <%s>' "$@"
  echo
}
factorial() { if (($1 < 2)); then echo 1; else echo $(($1 * $(factorial $(($1 - 1))))); fi; }
fail_with() { return "$1"; }

describe list "${list[@]}"
describe slice "${list[@]:1:2}"
describe indices "${!list[@]}"
list+=(four); unset 'list[0]'
describe sparse "${#list[@]}" "${!list[@]}"
for key in $(printf '%s\n' "${!map[@]}" | sort); do total+=${map[$key]}; echo "$key=${map[$key]}"; done
echo "total $total, factorial $(factorial 10)"

text="The quick brown fox jumps over the lazy dog"
describe expansion "${text#* }" "${text##* }" "${text%% *}" "${text/quick/slow}" "${text//o/0}" "${text:4:5}" "${#text}" "${text^^}" "${text,,}"
describe defaults "${nothing:-fallback}" "${nothing:+set}" "${text:+set}"
[[ $text =~ (q[a-z]+)\ ([a-z]+) ]] && describe regex "${BASH_REMATCH[@]}"
case $text in *fox*) echo "a fox" ;;& The*) echo "an article" ;; *) echo never ;; esac
describe brace {a..e} {1..10..3} x{1,2}y
echo $((0x1f + 2#101 + 8#17)) $((7 % 3)) $((-7 / 2)) $((2 ** 40)) $((1 << 33)) $((5 > 3 ? 1 : 0))

# Subshells keep to themselves.
x=outer
(x=inner; echo "in $x"; exit 3); echo "status $? out $x"
{ x=grouped; }; echo "$x"
fail_with 7 || echo "failed with $?"
false | true | fail_with 5; echo "pipe ${PIPESTATUS[*]}"
set -o pipefail; false | true; echo "pipefail $?"; set +o pipefail

# Here documents, process substitution, redirections.
cat <<-END | tr a-z A-Z
	heredoc $((1 + 1)) $(echo nested)
	END
read -r first second <<<"here string"; echo "$second $first"
diff <(printf '%s\n' a b c) <(printf '%s\n' a x c); echo "diff $?"
paste <(seq 3) <(seq 4 6) <(seq 7 9)
while IFS=: read -r name value; do echo "$name -> $value"; done < <(printf 'k%d:v%d\n' 1 1 2 2)
tee >(wc -c >counted) <<<"to two places" | cat; while [ ! -s counted ]; do sleep 0.02; done; tr -d ' ' <counted
exec 5>out.txt; echo line one >&5; echo line two >&5; exec 5>&-
exec 6<out.txt; read -r -u 6 line; echo "read $line"; exec 6<&-
echo to stderr >&2; ls /nonexistent 2>&1 | sed 's/.*: //'
mapfile -t lines <out.txt; echo "${#lines[@]} lines, last ${lines[-1]}"
echo appended >>out.txt; wc -l <out.txt

# Traps and signals.
trap 'echo "usr1 trap"' USR1
kill -USR1 $$; echo after
trap - USR1
(trap 'echo "subshell exits with $?"' EXIT; exit 4); echo "saw $?"
bash -c 'trap "echo term; exit 9" TERM; kill -TERM $$; sleep 5'; echo "status $?"
{ bash -c 'kill -KILL $$'; echo "killed: $?"; (ulimit -c 0; bash -c 'kill -SEGV $$'); echo "segv: $?"; } 2>&1 | sed 's/  *[0-9]* \(Killed\|Segm\)/ \1/'
trap 'echo "error at a command"' ERR; false; trap - ERR

# Background jobs.
for i in 1 2 3; do (sleep "$((i - 1)).$((i * 2))"; echo "job $i") & done; wait
sleep 30 & victim=$!; kill $victim; wait $victim 2>/dev/null; echo "victim $?"
coproc UPPER { tr a-z A-Z; }
echo "through a coprocess" >&"${UPPER[1]}"; exec {UPPER[1]}>&-; cat <&"${UPPER[0]}"; wait

# Globs, files, tests.
mkdir -p d/{a,b}; touch d/a/{1,2,3}.txt d/b/x.c; ln -s a d/link
echo d/*/*.txt d/!(a|link)/*; [ -d d ] && [ ! -e missing ] && [[ -L d/link && d/a -ef d/link ]] && echo "tests hold"
find d -name '*.txt' -print0 | while IFS= read -r -d '' f; do echo "${f##*/}"; done | sort -r
printf '%s %05.1f %x %q %b\n' str 3.14159 255 "a b'c" 'tab\there'
printf -v stored '%03d' 7; echo "$stored"
getopts_test() { local o; while getopts 'ab:c' o; do echo "$o ${OPTARG-}"; done; echo "at $OPTIND"; }; getopts_test -a -b value -c rest
select_me() { select s in one two; do echo "chose $s"; break; done; }; select_me <<<2 2>/dev/null
eval 'echo "evaluated $((6 * 7))"'; let 'y = 5 * 5'; echo $y; echo ${BASH_SOURCE[0]:-none} $LINENO
time_it() { local TIMEFORMAT=%R; { time sleep 0.01; } 2>&1 | grep -c "^[0-9]*[.][0-9]*$"; }; time_it
exec bash -c 'echo "replaced, $0 $1"; exit 42' arg0 arg1
