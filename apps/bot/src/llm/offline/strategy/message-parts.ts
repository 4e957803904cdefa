import type { DealFacts } from "./deal-facts.ts";

/** How a message to the buyer can begin and what it can ask for, for one situation. Each sentence stands alone. */
export interface MessageParts {
  openings: Ask[];
  asks: Ask[];
}

/** A sentence to the buyer, with the facts of the deal in it. */
export type Ask = (facts: DealFacts) => string;

const offer = ({ price }: DealFacts) => (price === undefined ? "our offer" : `our offer of ${price}`);
/** A sentence that rests on a day, or the one to say where none is known. */
const withDay = ({ deadline }: DealFacts, say: (day: string) => string, otherwise: string) =>
  deadline === undefined ? otherwise : say(deadline);
const yourSide = ({ company }: DealFacts) => (company === undefined ? "on your side" : `at ${company}`);

const MESSAGE_PARTS = {
  ghosted: {
    openings: [
      (facts) =>
        `since I sent ${offer(facts)}, I have not heard from you, and I would rather ask than guess.`,
      (facts) => `something has probably changed ${yourSide(facts)} since we last spoke, and that is fine.`,
      (facts) =>
        withDay(
          facts,
          (day) => `I counted back from ${day}, and the day on which we would have to begin is close.`,
          `I still have ${offer(facts)} in my calendar, and I would like to know whether I should.`,
        ),
    ],
    asks: [
      () =>
        "Which is it: still wanted but stuck, later in the year, or no longer a priority? One word is enough, and a no is fine too.",
      () => "Should I keep this open, move it to a later date, or close it? Any of the three helps me.",
      () => "If it is stuck, could we take fifteen minutes on Thursday at two to see what would free it?",
    ],
  },
  "stalled-proposal": {
    openings: [
      (facts) =>
        `${offer(facts)} has been with you for a while, and I think the question is no longer what is in it.`,
      (facts) =>
        withDay(
          facts,
          (day) => `I counted back from ${day} to see when we would have to start, and the day is close.`,
          `I have asked myself what ${offer(facts)} leaves open, and you know it better than I do.`,
        ),
      (facts) => `I would like to understand what holds ${offer(facts)} up ${yourSide(facts)}.`,
    ],
    asks: [
      () =>
        "What has to happen between today and a decision, and who has to be part of it? Fifteen minutes on Thursday would do.",
      () => "Is it still wanted but stuck, later in the year, or off the table? One word is enough.",
      () =>
        "Could we go through the open points on Wednesday at ten, together with the person who has doubts?",
    ],
  },
  "price-objection": {
    openings: [
      (facts) =>
        `you were open about the price, and before we talk about ${offer(facts)} I would like to understand the number behind it.`,
      (facts) => `thank you for telling me plainly that ${offer(facts)} is more than you had in mind.`,
      () =>
        "I have thought about what you said on the price, and I would rather change the package than the number.",
    ],
    asks: [
      () =>
        "Compared with what is it too much: another offer, the budget for this year, or what the problem costs you today? Depending on the answer I have a different suggestion, and fifteen minutes on Thursday are enough for it.",
      () =>
        "There are two ways that keep the price fair for both of us: begin with fewer users now, or pay for the year upfront and get the introduction included. Which of them would make it possible?",
      () =>
        "Could we set the price beside what the problem costs you in a year, on Wednesday at ten, with the person who looks after the budget?",
    ],
  },
  procurement: {
    openings: [
      (facts) => `I would like to make ${offer(facts)} easy to compare and easy to approve.`,
      (facts) =>
        `${withDay(facts, (day) => `with ${day} in mind,`, "so that nothing waits on me,")} it would help me to know the steps ${yourSide(facts)} from here to the signature.`,
      () =>
        "your purchasing team now looks at this, and I want them to have all they need at the first attempt.",
    ],
    asks: [
      () =>
        "Which steps are left, who takes each of them, and what do the other offers include? I can take fifteen minutes on Thursday to fill in whatever is missing.",
      () =>
        "If you can sign for two years, I can hold the price for both. Is that a trade worth showing to purchasing?",
      () =>
        "Could you, purchasing and I go through the open points on Wednesday at ten, so that nobody has to write twice?",
    ],
  },
  "competitor-in": {
    openings: [
      ({ rival }) =>
        `you are comparing us with ${rival ?? "another provider"}, which is what I would do in your place.`,
      () => "before you choose between the two offers, I would like to ask about the choice itself.",
      ({ rival }) =>
        `${rival ?? "the other provider"} is a serious choice, so I will not send you another list of features.`,
    ],
    asks: [
      () =>
        "What would have to be true a year from now for you to call this a good decision? If you tell me the first two points, I will show you on Thursday where we are better for them, and where we are not.",
      () =>
        "Shall we do a test that both of us can fail: the same data, the same task, your people watching, half a day next Wednesday?",
      () => "If you had to decide today, who would it be, and what would the other one still have to show?",
    ],
  },
  "budget-cut": {
    openings: [
      () =>
        "I understand that new spending is on hold, so let us look at this from the side of what you already spend.",
      () => "a freeze seldom means that nothing can be done, and a smaller form may still be possible.",
      (facts) => `I do not want to sell you ${offer(facts)} against a freeze.`,
    ],
    asks: [
      () =>
        "What does the freeze cover, and who can make an exception? If it helps, I will write the page with the calculation, and we show it together.",
      () =>
        "Could we begin with one team, under your own limit, and put the rest into the budget of next year?",
      () =>
        "Would a signature now with the first invoice in January be a way? I can call on Thursday at two to talk it through.",
    ],
  },
  "champion-left": {
    openings: [
      () => "you have taken over a project that others began, and you will want your own view of it.",
      (facts) =>
        `your team and I got as far as ${offer(facts)}, and I would like to hear whether the aim is still yours.`,
      () =>
        "instead of a pile of papers I would like to send you one page: what was tested, what came out, and what did not work.",
    ],
    asks: [
      () =>
        "What do you want to have achieved in your first three months, and does this help or is it in the way? Thirty minutes on Tuesday at ten would be enough to find out.",
      () => "Ask the people who used it, without me. Could we speak afterwards, on Thursday at two?",
      () =>
        "Which of your goals would this have to serve for you to go on with it? I am free on Wednesday morning.",
    ],
  },
  "renewal-at-risk": {
    openings: [
      () =>
        "before the contract ends, I would like to look honestly with you at what worked and what did not.",
      (facts) =>
        `I would not renew something that is not used either, so I am not writing to defend ${offer(facts)}.`,
      () => "we owe you an answer on what went wrong, and a plan that you can measure.",
    ],
    asks: [
      () =>
        "Could we take thirty minutes on Wednesday, with the one person whose team uses it most, and write down what would have to be different?",
      () =>
        "What was it bought for, and which number would show you that it does that? I suggest six weeks with one team, measured by that number, and after it you decide freely.",
      () =>
        "Which result would you need to see in the next six weeks to stay? If we do not reach it, you leave without a discussion.",
    ],
  },
  "security-review": {
    openings: [
      () =>
        "I would like to take the security questions off your desk, and get them answered by the person who knows them best.",
      (facts) =>
        `${withDay(facts, (day) => `with ${day} in mind,`, "of all that is left,")} the review is the step that decides.`,
      () => "a careful review is in both our interests, so let us make it short rather than shallow.",
    ],
    asks: [
      () =>
        "Which of the open questions would block an approval? We answer these first, within two days, and our security lead has an hour on Thursday for a call with yours.",
      () =>
        "Would an approval under conditions be possible, limited to data that needs no protection, until the last paper is there?",
      () =>
        "Could you put me in touch with the reviewer, so that our security lead can go through the list with them on Wednesday?",
    ],
  },
  "endless-pilot": {
    openings: [
      () =>
        "the pilot has shown what a pilot can show, and the question now is whether that is enough for you.",
      () => "before we go on with the test, I would like to agree with you on what it is meant to decide.",
      () => "I looked at the pilot again, and another extension would not tell either of us more.",
    ],
    asks: [
      () =>
        "Which two results would you need for a yes, and who decides on the day they are there? Let us write it down on Thursday, in thirty minutes.",
      () => "What would have to come out for you to say no? I mean the question seriously.",
      () =>
        "Could we show the result to the person who signs, on Wednesday at ten, and end the pilot with a decision?",
    ],
  },
  "build-inhouse": {
    openings: [
      () => "I do not doubt that your team can build this.",
      () => "building it yourselves can be right, and I would like you to decide it on numbers.",
      () =>
        "the first version is seldom the expensive one, so I would like to compare two years rather than three months.",
    ],
    asks: [
      () =>
        "What would your engineers not be building in that time, and what is that worth to you? I suggest an hour on Tuesday with your lead to go through the hard cases.",
      () =>
        "May I send your lead engineer the list of cases that we test for each release? If the estimate stands after that, build it.",
      () =>
        "Who would keep it running in the second year, and has that been counted? Let us put both sums side by side on Thursday.",
    ],
  },
  "no-decision-maker": {
    openings: [
      (facts) =>
        `before ${offer(facts)} goes to the person who decides, I would like you to have the answers to what they will ask.`,
      (facts) =>
        `the decision ${yourSide(facts)} will be about payback and risk, more than about what the product does.`,
      () =>
        "you have done a lot to bring this forward, and the last step should not depend on a forwarded email.",
    ],
    asks: [
      () =>
        "Shall we write the one page together on Tuesday, thirty minutes, and then take ten minutes with the one who signs? Who should be there?",
      () =>
        "How did the last purchase of this size go, from the wish to the signature, and who could stop this one?",
      () =>
        "Could you bring me together with the person who signs, for ten minutes on Thursday? I will send you the three points beforehand.",
    ],
  },
  "single-threaded": {
    openings: [
      () => "nobody knows this project better than you, and it should stay yours.",
      () => "I would not want you to stand alone with the questions that finance and IT will ask.",
      (facts) => `when ${offer(facts)} is discussed, people who have never seen it will have an opinion.`,
    ],
    asks: [
      () =>
        "Who will have a say in it, and what will each of them ask? Let us take the hardest of these people into a short call next Thursday, so that it is settled beforehand.",
      () =>
        "Could the three of us, you, your finance lead and I, take twenty minutes on Wednesday for the numbers only?",
      () =>
        "Who is most likely to be against it, and may I answer that question with you before the meeting?",
    ],
  },
  "no-next-step": {
    openings: [
      () => "thank you for the open conversation; I have noted what matters to you.",
      () =>
        "I have gone through my notes, and I think one session would tell us both whether this is worth going on with.",
      () => "slides would not answer the question you asked, so I would rather show you with your own case.",
    ],
    asks: [
      () =>
        "Could we take thirty minutes on Thursday at ten, together with the person who would use it every day? If you send me one real example by Tuesday, I will prepare it.",
      () =>
        "What would you need to see to decide for or against it, and who else should see it? I am free on Wednesday morning.",
      () =>
        "Which steps lead from here to a decision on your side, and by when? I will put them into a plan that we both can change.",
    ],
  },
} satisfies Record<string, MessageParts>;

/** Situations that call for the same message as another. */
const SAME_MESSAGE: Readonly<Record<string, keyof typeof MESSAGE_PARTS>> = {
  "quarter-end-discount": "price-objection",
  "send-me-an-email": "no-next-step",
  "not-now": "stalled-proposal",
};

export function messagePartsFor(situation: string): MessageParts {
  const own: MessageParts | undefined = Object.hasOwn(MESSAGE_PARTS, situation)
    ? MESSAGE_PARTS[situation as keyof typeof MESSAGE_PARTS]
    : undefined;
  return own ?? MESSAGE_PARTS[SAME_MESSAGE[situation] ?? "no-next-step"];
}
