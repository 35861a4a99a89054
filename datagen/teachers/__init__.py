"""Who answers: OpenAI-compatible endpoints, one by one or in batches, vLLM servers, the demo teacher."""
