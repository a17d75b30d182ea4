import { names, type ProblemTemplate } from "./template.ts";

const discount: ProblemTemplate = (random, calculate) => {
  const name = random.pick(names);
  const item = random.pick(["lamps", "chairs", "kettles", "backpacks", "blankets"]);
  const count = random.integer(2, 9);
  const price = random.integer(2, 30) * 20;
  const percent = random.integer(1, 9) * 5;
  const full = calculate(`${count}*${price}`);
  const off = calculate(`${percent}%*${full.value}`);
  const paid = calculate(`${full.value}-${off.value}`);
  return {
    question: `${name} buys ${count} ${item} at $${price} each. At the till there is a discount of ${percent}% on everything. How many dollars does ${name} pay?`,
    solution: [`Without the discount it would be $${full.shown}.`, `The discount is $${off.shown}.`, `${name} pays $${paid.shown}.`],
  };
};

const change: ProblemTemplate = (random, calculate) => {
  const name = random.pick(names);
  const apples = random.integer(3, 12);
  const applePrice = random.integer(1, 8) * 0.25;
  const loaves = random.integer(1, 4);
  const loafPrice = random.integer(5, 12) * 0.5;
  const note = 100;
  const forApples = calculate(`${apples}*${applePrice}`);
  const forBread = calculate(`${loaves}*${loafPrice}`);
  const spent = calculate(`${forApples.value}+${forBread.value}`);
  const left = calculate(`${note}-${spent.value}`);
  return {
    question: `At the market ${name} takes ${apples} apples for $${applePrice} each and ${loaves} ${loaves === 1 ? "loaf" : "loaves"} of bread for $${loafPrice} each, and pays with a $${note} note. How many dollars of change does ${name} get?`,
    solution: [
      `The apples cost $${forApples.shown}.`,
      `The bread costs $${forBread.shown}.`,
      `Together that is $${spent.shown}.`,
      `The change is $${left.shown}.`,
    ],
  };
};

const bulkPrice: ProblemTemplate = (random, calculate) => {
  const shop = random.pick(names);
  const packSize = random.integer(4, 12);
  const packs = random.integer(3, 20);
  const cost = random.integer(2, 9) * packSize;
  const price = random.integer(cost / packSize + 1, cost / packSize + 6);
  const spent = calculate(`${packs}*${cost}`);
  const pieces = calculate(`${packs}*${packSize}`);
  const earned = calculate(`${pieces.value}*${price}`);
  const profit = calculate(`${earned.value}-${spent.value}`);
  return {
    question: `${shop} buys ${packs} packs of ${packSize} candles for $${cost} a pack and sells every candle alone for $${price}. What is ${shop}'s profit in dollars?`,
    solution: [
      `The packs cost $${spent.shown}.`,
      `There are ${pieces.shown} candles.`,
      `Selling them brings $${earned.shown}.`,
      `The profit is $${profit.shown}.`,
    ],
  };
};

const savings: ProblemTemplate = (random, calculate) => {
  const name = random.pick(names);
  const weekly = random.integer(4, 40);
  const spent = random.integer(1, weekly - 1);
  const weeks = random.integer(3, 26);
  const start = random.integer(10, 200);
  const kept = calculate(`${weekly}-${spent}`);
  const saved = calculate(`${kept.value}*${weeks}`);
  const total = calculate(`${start}+${saved.value}`);
  return {
    question: `${name} has $${start} and gets $${weekly} a week, of which $${spent} a week goes on snacks. How many dollars does ${name} have after ${weeks} weeks?`,
    solution: [
      `Each week $${kept.shown} is left.`,
      `In ${weeks} weeks that makes $${saved.shown}.`,
      `With what was there before it is $${total.shown}.`,
    ],
  };
};

const sharedBill: ProblemTemplate = (random, calculate) => {
  const name = random.pick(names);
  const friends = random.integer(2, 7);
  const share = random.integer(6, 30);
  const tip = random.integer(1, 4) * (friends + 1);
  const meals = share * (friends + 1) - tip;
  const bill = calculate(`${meals}+${tip}`);
  const people = calculate(`${friends}+1`);
  const each = calculate(`${bill.value}/${people.value}`);
  return {
    question: `${name} eats out with ${friends} friends. The meals cost $${meals} in all and they leave a tip of $${tip}. They split everything evenly. How many dollars does each of them pay?`,
    solution: [`With the tip the bill is $${bill.shown}.`, `They are ${people.shown} people.`, `Each pays $${each.shown}.`],
  };
};

/** Problems about money. */
export const shoppingTemplates = [discount, change, bulkPrice, savings, sharedBill] as const;
