// Times aws-local-stepfunctions on the workload files of a folder; prints one JSON line for each.
// Usage: node peer_node.cjs FOLDER RUNS
const fs = require("fs");
const path = require("path");

// Node 20 lacks this; the peer uses it.
Promise.withResolvers ??= function () {
  let resolve, reject;
  const promise = new Promise((yes, no) => { resolve = yes; reject = no; });
  return { promise, resolve, reject };
};

const { StateMachine } = require("aws-local-stepfunctions");
const JOBS = ["Build", "Cust", "Item", "Sales", "Val"];

function overrides(polls) {
  const taskResourceLocalHandlers = {};
  const waitTimeOverrides = {};
  for (const job of JOBS) {
    let count = 0;
    taskResourceLocalHandlers[`Exec${job}`] = () => ({ id: job });
    taskResourceLocalHandlers[`Get${job}Status`] = () => (++count >= polls ? "FINISHED" : "STARTED");
    waitTimeOverrides[`Wait${job}`] = 0;
  }
  return { taskResourceLocalHandlers, waitTimeOverrides };
}

async function main([folder, runs]) {
  for (const file of fs.readdirSync(folder).filter((name) => name.endsWith(".json")).sort()) {
    const { definition, input, polls } = JSON.parse(fs.readFileSync(path.join(folder, file)));
    const milliseconds = [];
    let failure = null;
    for (let run = 0; run < Number(runs) && !failure; run++) {
      const machine = new StateMachine(definition, { checkPaths: false, checkArn: false });
      const start = process.hrtime.bigint();
      try {
        await machine.run(JSON.parse(input), { overrides: overrides(polls) }).result;
      } catch (error) {
        failure = String(error.message ?? error);
      }
      milliseconds.push(Number(process.hrtime.bigint() - start) / 1e6);
    }
    console.log(JSON.stringify({ workload: path.basename(file, ".json"), milliseconds, failure }));
  }
}

main(process.argv.slice(2));
