/** Deals as reps describe them. */
export const DEALS = {
  silent:
    "We've been talking to Acme Corp for 3 months. The demo went great and I sent a proposal for $45k two weeks ago. The CFO, Linda Park, is concerned about price and they're also looking at Gong. My champion Sarah stopped replying last week. They want to go live by March 1.",
  procurement:
    "Deal with Brightwater Foods, 60k EUR a year. Tomas, head of operations, loves the pilot, but procurement wants 15 percent off and 90 days payment by Friday. Late invoices cost them about 6,000 euros a month.",
  championLeft:
    'My champion Miriam left the company last Friday. Her successor Stefan Roth is reviewing all projects. He wrote: "I want to see what came out of the pilot before anything else." Offer of €120,000 valid until 31 December.',
  early: 'First call with Velta Plastics went well. Marek said "send me a deck and we\'ll be in touch".',
  terse: "customer wants a discount or they wont sign",
} as const;

export const HOSTILE = [
  "",
  "   \n\n ",
  "🙂".repeat(4_096),
  "<b>x</b> & </script> *_[]()~`>#+-=|{}.! ".repeat(100),
  "a".repeat(100_000),
  "They lose $5 a day. ".repeat(5_000),
  '"'.repeat(3_000),
  "1,".repeat(150_000),
  "\u0000\uD800\u202E Sarah said no",
  "Name Name ".repeat(3_000),
  "the and but ".repeat(5_000),
  "漢字かな交じり文。 мы думаем, что цена высокая.",
];
