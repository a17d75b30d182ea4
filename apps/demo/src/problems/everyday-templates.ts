import { names, type ProblemTemplate } from "./template.ts";

const travel: ProblemTemplate = (random, calculate) => {
  const name = random.pick(names);
  const firstSpeed = random.integer(4, 11) * 10;
  const firstHours = random.integer(1, 5);
  const secondSpeed = random.integer(3, 8) * 10;
  const secondHours = random.integer(1, 4);
  const first = calculate(`${firstSpeed}*${firstHours}`);
  const second = calculate(`${secondSpeed}*${secondHours}`);
  const total = calculate(`${first.value}+${second.value}`);
  return {
    question: `${name} drives ${firstHours} hours at ${firstSpeed} km/h and then ${secondHours} hours at ${secondSpeed} km/h. How many kilometres is that altogether?`,
    solution: [`The first part is ${first.shown} km.`, `The second part is ${second.shown} km.`, `Altogether it is ${total.shown} km.`],
  };
};

const wages: ProblemTemplate = (random, calculate) => {
  const name = random.pick(names);
  const rate = random.integer(6, 20) * 2;
  const normal = random.integer(30, 40);
  const overtime = random.integer(2, 12);
  const base = calculate(`${normal}*${rate}`);
  const higher = calculate(`${rate}*1.5`);
  const extra = calculate(`${overtime}*${higher.value}`);
  const total = calculate(`${base.value}+${extra.value}`);
  return {
    question: `${name} earns $${rate} an hour for ${normal} hours a week; every hour above that is paid one and a half times as well. This week there were ${overtime} hours above it. How many dollars did ${name} earn this week?`,
    solution: [
      `The usual hours bring $${base.shown}.`,
      `An hour above them is paid $${higher.shown}.`,
      `Those hours bring $${extra.shown}.`,
      `Together it is $${total.shown}.`,
    ],
  };
};

const baking: ProblemTemplate = (random, calculate) => {
  const name = random.pick(names);
  const serves = random.integer(2, 6);
  const grams = serves * random.integer(20, 90);
  const times = random.integer(2, 9);
  const guests = serves * times;
  const bag = random.integer(1, 4) * 50;
  const factor = calculate(`${guests}/${serves}`);
  const needed = calculate(`${grams}*${factor.value}`);
  const more = calculate(`${needed.value}+${bag}`);
  return {
    question: `A recipe for ${serves} people takes ${grams} grams of flour. ${name} bakes for ${guests} people and wants to have ${bag} grams left over. How many grams of flour does ${name} need to have?`,
    solution: [
      `The recipe is made ${factor.shown} times.`,
      `That takes ${needed.shown} grams.`,
      `With what is to be left it is ${more.shown} grams.`,
    ],
  };
};

const ages: ProblemTemplate = (random, calculate) => {
  const older = random.pick(names);
  const times = random.integer(2, 5);
  const young = random.integer(3, 14);
  const years = random.integer(2, 20);
  const now = calculate(`${young}*${times}`);
  const then = calculate(`${now.value}+${years}`);
  const youngThen = calculate(`${young}+${years}`);
  const sum = calculate(`${then.value}+${youngThen.value}`);
  return {
    question: `${older} is ${times} times as old as a neighbour's child, who is ${young}. What will their ages add up to in ${years} years?`,
    solution: [
      `${older} is ${now.shown} years old now.`,
      `Then ${older} will be ${then.shown}.`,
      `The child will be ${youngThen.shown}.`,
      `Together that is ${sum.shown}.`,
    ],
  };
};

const reading: ProblemTemplate = (random, calculate) => {
  const name = random.pick(names);
  const weekday = random.integer(8, 30);
  const weekend = weekday + random.integer(5, 25);
  const weeks = random.integer(2, 6);
  const rest = random.integer(10, 90);
  const onWeekdays = calculate(`5*${weekday}`);
  const onWeekends = calculate(`2*${weekend}`);
  const weekly = calculate(`${onWeekdays.value}+${onWeekends.value}`);
  const read = calculate(`${weekly.value}*${weeks}`);
  const book = calculate(`${read.value}+${rest}`);
  return {
    question: `${name} reads ${weekday} pages on each of the five weekdays and ${weekend} on each day of the weekend. After ${weeks} weeks ${rest} pages of the book are left. How many pages has the book?`,
    solution: [
      `On weekdays it is ${onWeekdays.shown} pages.`,
      `On the weekend it is ${onWeekends.shown} pages.`,
      `A week makes ${weekly.shown} pages.`,
      `So far it is ${read.shown} pages.`,
      `The book has ${book.shown} pages.`,
    ],
  };
};

/** Problems about days as they are. */
export const everydayTemplates = [travel, wages, baking, ages, reading] as const;
