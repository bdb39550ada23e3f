# The results as Markdown: a row for each task, model and prompt, a column for each metric and number
# of shots; then the means over tasks; then the losses by iteration of the runs.
def share: if . == null then "" else (. * 1000 | round | . / 10 | tostring) end;
def cell: if . == null then "" else "\(.value | share) (\(.low | share)..\(.high | share))" end;
def nats: if . == null then "-" else (. * 1e4 | round | . / 1e4 | tostring) end;
def column: if .shots == 0 then "\(.eval) (\(.metric))" else "\(.eval) (\(.metric), \(.shots) shots)" end;
def mean: if length == 0 then null else add / length end;
. as $all
| ($all | map(column) | unique) as $columns
| ($all | map(.prompt) | unique) as $prompts
| "# \($name), \($size)",
  "",
  "Shares right in % with their 95 % intervals; n is the number of test examples.",
  "",
  "| task | model | seed | prompt | n | majority | \($columns | join(" | ")) |",
  "|---|---|---|---|---|---|\($columns | map("---|") | join(""))",
  ($all | group_by([.task, .model, .seed, .prompt])[]
   | . as $g | .[0] as $f
   | "| \($f.task) | \($f.model) | \($f.seed) | \($f.prompt) | \($f.n) | \($f.majority | share) | "
     + ($columns | map(. as $c | $g | map(select(column == $c)) | .[0] | cell)
        | join(" | ")) + " |"),
  "",
  "Means over tasks and seeds:",
  "",
  "| model | prompt | \($columns | join(" | ")) |",
  "|---|---|\($columns | map("---|") | join(""))",
  ($all | group_by([.model, .prompt])[]
   | . as $g | .[0] as $f
   | "| \($f.model) | \($f.prompt) | "
     + ($columns | map(. as $c | $g | map(select(column == $c) | .value)
                       | mean | share) | join(" | ")) + " |"),
  (if ($runs | length) > 0 then
     "",
     "Optimised runs:",
     "",
     "| run | loss | train | test | after each iteration | minutes |",
     "|---|---|---|---|---|---|",
     ($runs[] | "| \(.run) | \(.loss) | \(.initial.train_loss | nats) to \(.best.train_loss | nats) | "
        + "\(.initial.test_loss | nats) to \(.best.test_loss | nats) | "
        + "\(.by_iteration | map(nats) | join(", ")) | \(.seconds / 60 | round) |")
   else empty end)
