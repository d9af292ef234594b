# busybox sh: background jobs, wait, xargs -P.
sleep 0.2 & sleep 0.1 & wait; echo waited
for i in 1 2 3; do (sleep $i; echo job $i) & done; wait
(exit 7) & wait $!; echo "status $?"
seq 20 | busybox xargs -P 4 -n 1 sh -c 'echo $(($0 * $0))' | sort -n | tr '\n' ' '; echo
seq 6 | busybox xargs -P 3 -n 2 echo | wc -l
trap 'echo usr1' USR1; kill -USR1 $$; echo end
sleep 20 & kill %1 2>/dev/null || kill $!; wait $!; echo $?
yes | head -3; cat /dev/zero | head -c 100000 | wc -c
i=0; while [ $i -lt 20 ]; do (exit $i) & i=$((i+1)); done; wait; echo all gone
