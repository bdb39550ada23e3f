# One line for each prompt, number of shots and metric of an evaluation.
. as $doc
| (if .what == "all" then "answer-only,cot,step-back,rar" else .what end | split(",")) as $names
| .prompts
| group_by(.shots)[]
| to_entries[]
| .key as $i
| .value as $p
| $p.metrics
| to_entries[]
| {experiment: $doc.experiment, size: $doc.size, task: $doc.task, model: $doc.eval_model,
   seed: $doc.seed,
   prompt: $names[$i], eval: $doc.eval,
   shots: $p.shots, metric: .key, value: .value.value, low: .value.low, high: .value.high,
   n: .value.n, majority: $p.majority, text: $p.prompt}
