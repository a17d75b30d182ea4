import { names, type ProblemTemplate } from "./template.ts";

const harvest: ProblemTemplate = (random, calculate) => {
  const name = random.pick(names);
  const rows = random.integer(4, 15);
  const plants = random.integer(5, 20);
  const perPlant = random.integer(2, 9);
  const given = random.integer(5, 30);
  const all = calculate(`${rows}*${plants}`);
  const picked = calculate(`${all.value}*${perPlant}`);
  const kept = calculate(`${picked.value}-${given}`);
  return {
    question: `${name}'s garden has ${rows} rows of ${plants} tomato plants, and each plant bears ${perPlant} tomatoes. ${name} gives ${given} tomatoes away. How many are left?`,
    solution: [`There are ${all.shown} plants.`, `They bear ${picked.shown} tomatoes.`, `Left are ${kept.shown}.`],
  };
};

const tank: ProblemTemplate = (random, calculate) => {
  const inflow = random.integer(12, 40);
  const outflow = random.integer(2, 11);
  const minutes = random.integer(5, 45);
  const before = random.integer(20, 300);
  const net = calculate(`${inflow}-${outflow}`);
  const gained = calculate(`${net.value}*${minutes}`);
  const level = calculate(`${before}+${gained.value}`);
  return {
    question: `A tank holds ${before} litres. A pipe lets in ${inflow} litres a minute while a leak loses ${outflow} litres a minute. How many litres are in the tank after ${minutes} minutes?`,
    solution: [
      `Each minute it gains ${net.shown} litres.`,
      `In ${minutes} minutes that is ${gained.shown} litres.`,
      `Then it holds ${level.shown} litres.`,
    ],
  };
};

const seats: ProblemTemplate = (random, calculate) => {
  const rows = random.integer(8, 30);
  const perRow = random.integer(2, 6) * 5;
  const percent = random.integer(1, 4) * 20;
  const seatsInAll = calculate(`${rows}*${perRow}`);
  const taken = calculate(`${seatsInAll.value}*${percent}/100`);
  const free = calculate(`${seatsInAll.value}-${taken.value}`);
  return {
    question: `A theatre has ${rows} rows of ${perRow} seats. For tonight ${percent}% of the seats are sold. How many seats are still free?`,
    solution: [`There are ${seatsInAll.shown} seats.`, `Sold are ${taken.shown} of them.`, `Free are ${free.shown}.`],
  };
};

const fence: ProblemTemplate = (random, calculate) => {
  const name = random.pick(names);
  const length = random.integer(10, 60);
  const width = random.integer(5, 40);
  const gate = random.integer(1, 4);
  const price = random.integer(3, 25);
  const around = calculate(`2*(${length}+${width})`);
  const fenced = calculate(`${around.value}-${gate}`);
  const cost = calculate(`${fenced.value}*${price}`);
  return {
    question: `${name} puts a fence around a meadow ${length} metres long and ${width} metres wide and leaves a gate of ${gate} metres open. A metre of fence costs $${price}. How many dollars does the fence cost?`,
    solution: [
      `Around the meadow it is ${around.shown} metres.`,
      `Without the gate it is ${fenced.shown} metres.`,
      `The fence costs $${cost.shown}.`,
    ],
  };
};

const boxes: ProblemTemplate = (random, calculate) => {
  const name = random.pick(names);
  const perBox = random.integer(4, 16);
  const boxCount = random.integer(4, 25);
  const broken = random.integer(1, 12);
  const whole = perBox * boxCount;
  const firstDay = random.integer(1, whole - 1);
  const made = whole + broken;
  const secondDay = made - firstDay;
  const both = calculate(`${firstDay}+${secondDay}`);
  const good = calculate(`${both.value}-${broken}`);
  const needed = calculate(`${good.value}/${perBox}`);
  return {
    question: `${name} makes ${firstDay} cups on Monday and ${secondDay} on Tuesday. ${broken === 1 ? "One of them breaks" : `${broken} of them break`}. The rest goes into boxes of ${perBox}. How many boxes does ${name} fill?`,
    solution: [`Both days together give ${both.shown} cups.`, `Unbroken are ${good.shown} of them.`, `They fill ${needed.shown} boxes.`],
  };
};

const readings: ProblemTemplate = (random, calculate) => {
  const name = random.pick(names);
  const average = random.integer(10, 90);
  const first = random.integer(1, average);
  const second = random.integer(average, average + 20);
  const third = random.integer(average - 5, average + 30);
  const fourth = random.integer(1, average);
  const last = fourth + ((4 - ((first + second + third + fourth) % 4)) % 4);
  const sum = calculate(`${first}+${second}+${third}+${last}`);
  const mean = calculate(`${sum.value}/4`);
  return {
    question: `${name} counts birds on four mornings: ${first}, ${second}, ${third} and ${last}. How many birds is that a morning on average?`,
    solution: [`Altogether it is ${sum.shown} birds.`, `On average it is ${mean.shown} a morning.`],
  };
};

/** Problems about how much and how many. */
export const quantityTemplates = [harvest, tank, seats, fence, boxes, readings] as const;
