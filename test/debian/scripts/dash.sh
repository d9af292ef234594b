# A tour of the POSIX shell.
set -u
f() { echo "f $1 of $#"; return 4; }
f x y; echo $?
(cd /usr && pwd); pwd
cat <<END | tr a-z A-Z
heredoc $(echo substituted) `echo nested \`echo twice\``
END
x=abcabc; echo ${x#a} ${x##*b} ${x%c} ${x%%b*} ${#x} ${y:-default}
set -- a "b c" d; echo $# "$@"; shift; echo "$1"; for i; do echo "<$i>"; done
case file.txt in *.c) echo c;; *.txt|*.md) echo text;; esac
i=0; while [ $i -lt 10 ]; do i=$((i + 1)); [ $i = 3 ] && continue; [ $i = 6 ] && break; echo $i; done
until [ $i = 8 ]; do i=$((i+1)); done; echo $i $((i * 3 % 5)) $((~i)) $((i << 4 | 1))
printf '%d %s %x %5.2f|%-5s|%c\n' 12 abc 255 3.14159 ab xyz
test -f /bin/sh -a -x /bin/sh && echo "a file"
read a b <<END
1 2 3
END
echo "$a-$b"
exec 3>f3; echo out >&3; exec 3>&-; cat f3; exec 4<f3; read l <&4; echo "l $l"; exec 4<&-
trap 'echo bye $?' EXIT; trap 'echo hup' HUP; kill -HUP $$; trap '' TERM; kill -TERM $$; echo alive
sleep 0 & wait $!; echo $?; (sleep 0.1; exit 6) & wait $!; echo $?
sh -c 'kill -9 $$'; echo $?; sh -c 'exit 300'; echo $?
nosuchcommand 2>/dev/null; echo $?; /dev/null 2>/dev/null; echo $?
getopts ab: o -b val; echo $o $OPTARG; umask 027; umask; touch masked; mkdir maskdir; umask 022
ulimit -n 100; ulimit -n; type cd | head -1; command -v ls; eval "echo e\$x"
echo "a b  c" | { IFS=' ' read p q; echo "$p/$q"; }; echo a | while read z; do echo "z $z"; done
seq 5 | (read first; cat); (echo 1; echo 2 >&2) 2>/dev/null | cat; { echo x; echo y; } > both; cat both
set -e; (false; echo never) || echo "e off here"; set +e; exit 11
